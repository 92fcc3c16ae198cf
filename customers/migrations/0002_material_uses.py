"""Write down which materials the contact ways hold; from now on `customers.contact_ways` does."""

from django.db import migrations

RECORD = """
INSERT INTO content_materialuse (material_id, holder, holder_key, copied)
SELECT DISTINCT m.id, 'contact_way', w.id, false
FROM customers_contactway w
CROSS JOIN LATERAL jsonb_array_elements(CASE jsonb_typeof(w.welcome) WHEN 'array' THEN w.welcome ELSE '[]' END) item
JOIN content_material m ON to_jsonb(m.id) = item -> 'material'
WHERE w.deleted_at IS NULL
ON CONFLICT DO NOTHING
"""


class Migration(migrations.Migration):
    dependencies = [("customers", "0001_initial"), ("content", "0002_library")]
    operations = [migrations.RunSQL(RECORD, migrations.RunSQL.noop)]

"""Write down which materials the versions saved so far hold; from now on `campaigns.definitions` does."""

from django.db import migrations

RECORD = """
INSERT INTO content_materialuse (material_id, holder, holder_key, copied)
SELECT DISTINCT m.id, 'version', s.version_id, false
FROM campaigns_step s
CROSS JOIN LATERAL jsonb_array_elements(CASE jsonb_typeof(s.content) WHEN 'array' THEN s.content ELSE '[]' END) item
JOIN content_material m ON to_jsonb(m.id) = item -> 'material'
ON CONFLICT DO NOTHING
"""


class Migration(migrations.Migration):
    dependencies = [("campaigns", "0002_published_versions"), ("content", "0002_library")]
    operations = [migrations.RunSQL(RECORD, migrations.RunSQL.noop)]

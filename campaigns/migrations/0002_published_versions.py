"""A published version is immutable: the database refuses changes to it and to its steps.

Rows may still be deleted with their campaign; references from enrollments and deliveries restrict that.
"""

from django.db import migrations

FUNCTIONS = """
CREATE FUNCTION campaigns_version_is_immutable() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'version % is published and does not change', OLD.id USING ERRCODE = 'restrict_violation';
END $$;

CREATE FUNCTION campaigns_steps_are_immutable() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM campaigns_version v WHERE v.id = NEW.version_id AND v.published_at IS NOT NULL)
       OR (TG_OP = 'UPDATE' AND EXISTS (
            SELECT FROM campaigns_version v WHERE v.id = OLD.version_id AND v.published_at IS NOT NULL)) THEN
        RAISE EXCEPTION 'version % is published and its steps do not change', NEW.version_id
            USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER a_published_version_is_immutable BEFORE UPDATE ON campaigns_version
    FOR EACH ROW WHEN (OLD.published_at IS NOT NULL) EXECUTE FUNCTION campaigns_version_is_immutable();
CREATE TRIGGER steps_of_a_published_version_are_immutable BEFORE INSERT OR UPDATE ON campaigns_step
    FOR EACH ROW EXECUTE FUNCTION campaigns_steps_are_immutable();
"""

BACK = """
DROP TRIGGER steps_of_a_published_version_are_immutable ON campaigns_step;
DROP TRIGGER a_published_version_is_immutable ON campaigns_version;
DROP FUNCTION campaigns_steps_are_immutable();
DROP FUNCTION campaigns_version_is_immutable();
"""


class Migration(migrations.Migration):
    dependencies = [("campaigns", "0001_initial")]

    operations = [migrations.RunSQL(FUNCTIONS, BACK)]

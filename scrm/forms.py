from django.forms.renderers import TemplatesSetting


class Renderer(TemplatesSetting):
    """Fields are drawn by `templates/django/forms/field.html`, so that every form on every page looks alike."""

from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt

from wecom import callback as wire


@csrf_exempt
def callback(request: HttpRequest, corpid: str) -> HttpResponse:
    """The same answer as the WSGI path in front of Django, for servers that do not use `scrm.wsgi`."""
    meta = request.META
    length = meta.get("CONTENT_LENGTH") or ""
    status, body = wire.answer(request.method or "", corpid, meta.get("QUERY_STRING", ""), length, request.read)
    response = HttpResponse(body, status=status)
    for name, value in wire.headers(status, body):
        response[name] = value
    return response

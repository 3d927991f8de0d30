import sys

DEBUG = False
SECRET_KEY = "x"
ROOT_URLCONF = __name__
ALLOWED_HOSTS = ["127.0.0.1"]
INSTALLED_APPS = []
MIDDLEWARE = ["django.middleware.common.CommonMiddleware", "django.middleware.csrf.CsrfViewMiddleware"]
SNIPPET

from django.conf import settings
settings.configure(**{name: value for name, value in globals().items() if name.isupper()})

from django.core.exceptions import PermissionDenied
from django.core.management import execute_from_command_line
from django.http import HttpResponse, JsonResponse
from django.urls import path
from django.views.decorators.csrf import csrf_exempt

@csrf_exempt
def x(request):
    return JsonResponse({}, headers={"X-Total-Count": "3"})

def denied(request):
    return HttpResponse(status=401)

def boom(request):
    raise RuntimeError("boom")

urlpatterns = [path("x", x), path("401", denied), path("500", boom)]
execute_from_command_line([sys.argv[0], "runserver", "--noreload", "--nothreading", "127.0.0.1:PORT"])

package stacks

import (
	"fmt"
	"strings"
)

// pythonServer starts server.py with the first Python that has some modules, or
// with one that it makes.
func pythonServer(file string, modules []string, files func(code string, at Addresses) map[string]string) *Server {
	return &Server{
		Programs: []string{"python3"}, Install: "apt-get install python3-venv", Start: file, Files: files,
		Prepare: fmt.Sprintf(`for program in .venv/bin/python python3 /usr/bin/python3 ""; do
  "$program" -c 'import %s' 2>/dev/null && break
done
if [ -z "$program" ]; then
  program=.venv/bin/python
  python3 -m venv .venv && "$program" -m pip install --quiet -r requirements.txt || exit 3
fi`, strings.Join(modules, ", ")),
	}
}

const flaskApp = `# Routes: ` + appRoutes + `.
from flask import Flask, abort

app = Flask(__name__)

%s


@app.get("/200")
def fine():
    return "fine"


@app.get("/401")
def denied():
    abort(401)


@app.get("/500")
def failed():
    abort(500)


@app.get("/throw")
def boom():
    raise RuntimeError("boom")


@app.get("/own")
def own():
    return "own", 200, {"Access-Control-Allow-Origin": "*", "Vary": "Accept-Language"}


@app.route("/x", methods=["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"])
def x():
    return {}, 200, {"X-Total-Count": "3"}


app.run(host=%s, port=%s)
`

func flaskFiles(code string, at Addresses) map[string]string {
	return map[string]string{"server.py": fmt.Sprintf(flaskApp, code, pyString(at.AnyHost()), at.Port), "requirements.txt": "Flask\nFlask-Cors\n"}
}

const djangoApp = `# Routes: ` + appRoutes + `.
import sys

DEBUG = False
SECRET_KEY = "only for this example"
ROOT_URLCONF = __name__
ALLOWED_HOSTS = ["*"]
INSTALLED_APPS = []
MIDDLEWARE = ["django.middleware.common.CommonMiddleware", "django.middleware.csrf.CsrfViewMiddleware"]

%s

from django.conf import settings

settings.configure(**{name: value for name, value in globals().items() if name.isupper()})

from django.core.management import execute_from_command_line
from django.http import HttpResponse, JsonResponse
from django.urls import path
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_safe


def answer(status):
    return require_safe(lambda request: HttpResponse(status=status))


def boom(request):
    raise RuntimeError("boom")


def own(request):
    return HttpResponse("own", headers={"Access-Control-Allow-Origin": "*", "Vary": "Accept-Language"})


@csrf_exempt
def x(request):
    return JsonResponse({}, headers={"X-Total-Count": "3"})


urlpatterns = [
    *[path(str(status), csrf_exempt(answer(status))) for status in (200, 401, 500)],
    path("throw", boom),
    path("own", own),
    path("x", x),
]
execute_from_command_line([sys.argv[0], "runserver", "--noreload", "--nothreading", %s])
`

func djangoFiles(code string, at Addresses) map[string]string {
	return map[string]string{
		"server.py":        fmt.Sprintf(djangoApp, code, pyString(at.Listen("0.0.0.0"))),
		"requirements.txt": "Django\ndjango-cors-headers\n",
	}
}

const aiohttpApp = `# Routes: ` + appRoutes + `.
from aiohttp import web


def answer(status):
    async def handler(request):
        return web.Response(status=status)

    return handler


async def boom(request):
    raise RuntimeError("boom")


async def own(request):
    return web.Response(text="own", headers={"Access-Control-Allow-Origin": "*", "Vary": "Accept-Language"})


async def x(request):
    return web.json_response({}, headers={"X-Total-Count": "3"})


app = web.Application()
%s

for status in (200, 401, 500):
    app.router.add_get(f"/{status}", answer(status))
app.router.add_get("/throw", boom)
app.router.add_get("/own", own)
app.router.add_route("*", "/x", x)
web.run_app(app, host=%s, port=%s, print=None)
`

func aiohttpFiles(code string, at Addresses) map[string]string {
	return map[string]string{"server.py": fmt.Sprintf(aiohttpApp, code, pyString(at.AnyHost()), at.Port), "requirements.txt": "aiohttp\n"}
}

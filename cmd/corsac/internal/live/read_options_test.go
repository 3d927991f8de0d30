package live_test

// flaskOptions are options of CORS(app, …) in many forms.
var flaskOptions = []string{
	`origins=["https://app.example.com", "HTTP://LocalHost:3000"], methods=["GET", "PUT"], allow_headers=["X-A", "authorization"]`,
	`send_wildcard=True`,
	`origins="*", methods="get, delete", allow_headers="*"`,
	`origins=["https://app.example.com/", "https://*.nowhere.example", "null", "app.example.com"], methods=("GET", "DELETE")`,
	`origins="https://app.example.com", allow_headers="X-A", supports_credentials=True`,
	`origins=r"^https://([a-z0-9-]+\.)+example\.com$", methods=["GET", "HEAD", "POST"], supports_credentials=True`,
	`origins=[r"^https://(app|www)\.example\.com$", r"^http://localhost(:\d+)?$"], methods=["GET", "PUT"]`,
	`origins=r"^https://app.example.com$", allow_headers=["^x-a$"]`,
	`origins=re.compile(r"^https://app\.example\.com$"), methods=["GET", "PATCH"]`,
	`origins={"https://app.example.com"}, methods=set(["GET"])`,
	`origins=["https://app.example.com,http://localhost:3000"]`,
	`origins=("https://app.ex" "ample.com",), allow_headers=[]`,
	`origins="https://app.example.com", methods="*"`,
	`origins=[]`,
}

// flaskScript prints the decisions of the Flask-CORS that is installed.
const flaskScript = `
import json, re, sys
from flask import Flask
from flask_cors import CORS
options, origins, methods, headers = json.load(sys.stdin)
out = []
for o in options:
    app = Flask("app")
    eval("CORS(app, " + o + ")")
    app.add_url_rule("/", "x", lambda: "", methods=["GET"])
    client = app.test_client()
    for origin in origins:
        for method in methods:
            for header in headers:
                h = {"Origin": origin, "Access-Control-Request-Method": method}
                if header:
                    h["Access-Control-Request-Headers"] = header
                r = client.open("/", method="OPTIONS", headers=h).headers
                listed = r.get("Access-Control-Allow-Methods", "").split(", ")
                allowed = r.get("Access-Control-Allow-Headers", "").lower().split(", ")
                out.append(r.get("Access-Control-Allow-Origin", "") in ("*", origin) and (method == "GET" or method in listed) and (not header or header in allowed))
json.dump(out, sys.stdout)
`

// djangoOptions are settings in many forms.
var djangoOptions = []string{
	"CORS_ALLOWED_ORIGINS = ['https://app.example.com', 'http://localhost:3000/']",
	"CORS_ORIGIN_WHITELIST = ('https://app.example.com', 'null')\nCORS_ALLOW_METHODS = ['GET', 'PUT']\nCORS_ALLOW_HEADERS = ['x-a']",
	"CORS_ORIGIN_WHITELIST = ['https://evil.example']\nCORS_ALLOWED_ORIGINS = ['https://app.example.com', 'https://*.example.com']",
	"CORS_ALLOW_ALL_ORIGINS = True\nCORS_ALLOW_METHODS = (*default_methods, 'QUERY')",
	"CORS_ORIGIN_ALLOW_ALL = True\nCORS_ALLOW_HEADERS = list(default_headers) + ['x-a']",
	"CORS_ALLOWED_ORIGIN_REGEXES = [r'^https://\\w+\\.example\\.com$', r'^http://localhost(:\\d+)?$']\nCORS_ALLOW_CREDENTIALS = True\nCORS_ALLOW_HEADERS = ['*']",
	"A = ['https://app.example.com']\nCORS_ALLOWED_ORIGINS = A\nCORS_ALLOWED_ORIGINS += ['http://localhost']\nCORS_ALLOW_HEADERS = [*default_headers, 'X-A']",
	"CORS_ALLOWED_ORIGINS = []\nCORS_ALLOW_ALL_ORIGINS = False",
	"CORS_ALLOWED_ORIGINS = ['https://app.example.com']\nCORS_ALLOW_METHODS = ['*']\nCORS_ALLOW_HEADERS = ['*']",
}

// djangoScript prints the decisions of the django-cors-headers that is installed.
const djangoScript = `
import json, sys
from django.conf import settings
settings.configure(ALLOWED_HOSTS=["*"], ROOT_URLCONF=__name__, SECRET_KEY="x")
import django
from django.http import HttpResponse
from django.test import RequestFactory
from corsheaders import middleware
from corsheaders.defaults import default_headers, default_methods
django.setup()
urlpatterns = []
options, origins, methods, headers = json.load(sys.stdin)
out = []
for o in options:
    names = {"default_headers": default_headers, "default_methods": default_methods}
    exec(o, names)
    for name in list(vars(settings._wrapped)):
        if name.startswith("CORS_"):
            delattr(settings, name)
    for name, value in names.items():
        if name.startswith("CORS_"):
            setattr(settings, name, value)
    app = middleware.CorsMiddleware(lambda request: HttpResponse())
    credentials = names.get("CORS_ALLOW_CREDENTIALS")
    for origin in origins:
        for method in methods:
            for header in headers:
                h = {"HTTP_ORIGIN": origin, "HTTP_ACCESS_CONTROL_REQUEST_METHOD": method}
                r = app(RequestFactory().options("/", **h))
                get = lambda name: r.get(name, "").split(", ")
                listed, allowed = get("Access-Control-Allow-Methods"), [n.lower() for n in get("Access-Control-Allow-Headers")]
                wild = lambda names, name: name in names or "*" in names and not credentials and name != "authorization"
                out.append(get("Access-Control-Allow-Origin")[0] in ("*", origin) and (method == "GET" or wild(listed, method)) and (not header or wild(allowed, header)))
json.dump(out, sys.stdout)
`

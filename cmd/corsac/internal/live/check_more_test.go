package live_test

import (
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// django returns a project with lines at the end of its settings.
func django(t *testing.T, lines string) *server {
	s := pythonServer(t, "django, corsheaders", "settings.py", `SECRET_KEY = "x"
DEBUG = True
ALLOWED_HOSTS = ["127.0.0.1", "localhost"]
ROOT_URLCONF = "urls"
INSTALLED_APPS = []
MIDDLEWARE = ["django.middleware.common.CommonMiddleware", "django.middleware.csrf.CsrfViewMiddleware"]
USE_TZ = True
`+lines+"\n\n#PASTE\n", "-m", "django", "runserver", "--noreload", "--settings=settings", "127.0.0.1:{port}")
	s.files["urls.py"] = `from django.http import JsonResponse
from django.urls import path

def items(request):
    return JsonResponse({"items": [1]})

urlpatterns = [path("items/", items)]
`
	s.command = append([]string{"env", "PYTHONPATH={dir}"}, s.command...)
	return s
}

const djangoCORS = `
INSTALLED_APPS += ["corsheaders"]
MIDDLEWARE = ["corsheaders.middleware.CorsMiddleware", *MIDDLEWARE]
CORS_ALLOWED_ORIGINS = ["http://localhost:5173"]
CORS_ALLOW_CREDENTIALS = True
`

// djangoLate has CORS inside what redirects and looks at the name of the host.
var djangoLate = strings.Replace(djangoCORS, `["corsheaders.middleware.CorsMiddleware", *MIDDLEWARE]`, `[*MIDDLEWARE, "corsheaders.middleware.CorsMiddleware"]`, 1)

func TestCheckDjango(t *testing.T) {
	for _, f := range []fault{
		{name: "no CORS", server: func(t *testing.T) *server { return django(t, "") }, url: "{url}/items/", cause: "no-cors-headers", stack: "django", fix: pasting("settings.py", "")},
		{
			name: "a slash is missing", server: func(t *testing.T) *server { return django(t, djangoLate) }, url: "{url}/items", cause: "redirect-without-cors-headers", stack: "django", fix: asking("{url}/items/"),
		},
		{
			name: "another name", server: func(t *testing.T) *server { return django(t, djangoLate) }, url: "http://api.test/items/", args: []string{"--connect-to", "api.test:80:{host}"},
			cause: "host-header-rejected", stack: "django", fix: func(_ *testing.T, _ *fault, s *server, _ []string) {
				s.files["settings.py"] = strings.Replace(s.files["settings.py"], `"127.0.0.1", `, `"127.0.0.1", "api.test", `, 1)
			},
		},
	} {
		t.Run(f.name, f.try)
	}
}

// TestCheckDjangoCSRF is a form over https, for which every Django compares where
// it comes from.
func TestCheckDjangoCSRF(t *testing.T) {
	const token = "abcdefghijklmnopqrstuvwxyzABCDEFabcdefghijklmnopqrstuvwxyzABCDEF"
	fault{
		url: "https://localhost:{port}/items/", origin: "https://localhost:5173", cause: "csrf-origin-check-failed", stack: "django",
		args: []string{"-k", "-X", "POST", "-H", "X-CSRFToken: " + token, "--cookie", "csrftoken=" + token, "--credentials", "include"},
		server: func(t *testing.T) *server {
			s := django(t, strings.Replace(djangoCORS, "http:", "https:", 1))
			s.files["cert.pem"], s.files["key.pem"] = selfSigned(t, time.Now().Add(time.Hour))
			s.files["asgi.py"] = `import os
os.environ["DJANGO_SETTINGS_MODULE"] = "settings"
from django.core.asgi import get_asgi_application
application = get_asgi_application()
`
			s.command = []string{python, "-m", "uvicorn", "asgi:application", "--host", "127.0.0.1", "--port", "{port}", "--ssl-certfile", "cert.pem", "--ssl-keyfile", "key.pem", "--log-level", "error"}
			return s
		},
		fix: func(t *testing.T, f *fault, s *server, code []string) {
			pasting("settings.py", "")(t, f, s, code)
			// As it says: before Django 4, without the scheme.
			out, err := exec.CommandContext(t.Context(), python, "-c", "import django; print(django.VERSION[0])").Output()
			if err == nil && strings.TrimSpace(string(out)) < "4" {
				s.files["settings.py"] += "CSRF_TRUSTED_ORIGINS = [o.split('://')[1] for o in CSRF_TRUSTED_ORIGINS]\n"
			}
		},
	}.try(t)
}

// goServer returns a program in Go with the modules of bench, built when it
// starts.
func goServer(t *testing.T, source string) *server {
	t.Helper()
	bench, err := filepath.Abs("../../../../bench")
	if err != nil {
		t.Fatal(err)
	}
	return &server{files: map[string]string{"main.go": source}, command: []string{"sh", "-c", "go build -C " + bench + " -o {dir}/server {dir}/main.go && exec {dir}/server"}}
}

// pastingGo pastes what stands before main, and the lines in main.
func pastingGo(old string) func(*testing.T, *fault, *server, []string) {
	return func(t *testing.T, _ *fault, s *server, code []string) {
		t.Helper()
		top, inMain, _ := strings.Cut(last(t, code), "// In main:")
		inMain = strings.Replace(inMain, ":8080", "127.0.0.1:{port}", 1) // as the user's was
		text := strings.Replace(s.files["main.go"], old, "", 1)
		text = strings.Replace(text, "\t\"github.com/rs/cors\"\n", "", 1) // which is among the pasted lines
		s.files["main.go"] = strings.NewReplacer("//TOP", top, "//MAIN", inMain).Replace(text)
	}
}

func TestCheckGo(t *testing.T) {
	const begin = `package main

import (
	"log"
	"net/http"

	%s
)

//TOP

`
	const wrong = `log.Fatal(http.ListenAndServe("127.0.0.1:{port}", cors.New(cors.Options{AllowedOrigins: []string{"http://localhost:3000"}}).Handler(mux)))`
	for _, f := range []fault{
		{
			name: "gin", url: "{url}/items", args: []string{"-X", "PUT", "--stack", "gin"}, cause: "no-cors-headers", stack: "gin", fix: pastingGo(""),
			server: func(t *testing.T) *server {
				return goServer(t, strings.Replace(begin, "%s", `"github.com/gin-gonic/gin"`, 1)+`func main() {
	r := gin.New()
	//MAIN
	r.GET("/items", func(c *gin.Context) { c.JSON(http.StatusOK, []int{1}) })
	r.PUT("/items", func(c *gin.Context) { c.JSON(http.StatusOK, []int{1}) })
	log.Fatal(r.Run("127.0.0.1:{port}"))
}
`)
			},
		},
		{
			name: "rs/cors", url: "{url}/items", args: []string{"-X", "PUT", "--stack", "rs-cors"}, cause: "origin-not-allowed", stack: "rs-cors", fix: pastingGo(wrong),
			server: func(t *testing.T) *server {
				return goServer(t, strings.Replace(begin, "%s", `"github.com/rs/cors"`, 1)+`func main() {
	mux := http.NewServeMux()
	mux.HandleFunc("/items", func(w http.ResponseWriter, r *http.Request) { w.Write([]byte("[1]")) })
	//MAIN
	`+wrong+`
}
`)
			},
		},
	} {
		t.Run(f.name, f.try)
	}
}

package matrix

import (
	"cmp"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/stacks"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/testenv"
)

// subject is a stack that is started.
type subject struct {
	stack string
	// quick says that it also runs without CORSAC_LIVE=1.
	quick bool
	// base is the path below which the routes are.
	base string
	// exact says that it knows no patterns of origins: the policy lists them.
	exact bool
	// static says that it has files only, with the same headers for everyone.
	static bool
	// own starts it in place of the Server of the stack.
	own *stacks.Server
	// version returns the versions of the server and its packages.
	version func(t *testing.T, dir string) string
}

var subjects = []subject{
	{stack: "nginx", quick: true, version: program("nginx", `nginx/([\d.]+)`, "nginx", "-v")},
	{stack: "express", version: npmVersions("express", "cors")},
	{stack: "fastapi", quick: true, version: pythonVersions("fastapi", "starlette")},
	{stack: "go", quick: true, version: goVersions()},
	{stack: "caddy", quick: true, version: program("Caddy", `v?([\d.]+)`, "caddy", "version")},
	{stack: "apache", quick: true, version: program("Apache", `Apache/([\d.]+)`, "apache2", "-v")},
	{stack: "haproxy", quick: true, version: program("HAProxy", `version ([\d.]+)`, "haproxy", "-v")},
	{stack: "varnish", version: program("Varnish", `varnish-([\d.]+)`, "varnishd", "-V")},
	{stack: "lighttpd", version: program("lighttpd", `lighttpd/([\d.]+)`, "lighttpd", "-v")},
	{stack: "chi", version: goVersions("github.com/go-chi/chi/v5", "github.com/go-chi/cors")},
	{stack: "gin", version: goVersions("github.com/gin-gonic/gin", "github.com/gin-contrib/cors")},
	{stack: "echo", version: goVersions("github.com/labstack/echo/v5")},
	{stack: "fiber", version: goVersions("github.com/gofiber/fiber/v3")},
	{stack: "rs-cors", version: goVersions("github.com/rs/cors")},
	{stack: "jub0bs", version: goVersions("github.com/jub0bs/cors")},
	{stack: "fastify", version: npmVersions("fastify", "@fastify/cors")},
	{stack: "koa", version: npmVersions("koa", "@koa/cors")},
	{stack: "hono", version: npmVersions("hono")},
	{stack: "nest", version: npmVersions("@nestjs/core", "cors")},
	{stack: "hapi", version: npmVersions("@hapi/hapi")},
	{stack: "next", base: "/api", version: npmVersions("next")},
	{stack: "node", version: program("Node.js", `v([\d.]+)`, "node", "--version")},
	{stack: "cloudflare", version: npmVersions("workerd")},
	{stack: "supabase", version: npmVersions("deno")},
	{stack: "vite", version: npmVersions("vite")},
	{stack: "webpack-dev-server", version: npmVersions("webpack-dev-server", "cors")},
	{stack: "create-react-app", version: npmVersions("http-proxy-middleware", "cors")},
	{stack: "flask", version: pythonVersions("flask", "flask-cors")},
	{stack: "django", version: pythonVersions("django", "django-cors-headers")},
	{stack: "aiohttp", version: pythonVersions("aiohttp")},
	{stack: "rails", version: program("rack-cors", `rack-cors ([\d.]+)`, "ruby", "-e", "require 'rack/cors/version'; puts 'rack-cors ' + Rack::Cors::VERSION")},
	{stack: "tomcat", exact: true, version: program("Tomcat", `Tomcat/([\d.]+)`, "/usr/share/tomcat10/bin/version.sh")},
	{stack: "traefik", own: &traefik, version: func(*testing.T, string) string {
		return "Traefik " + traefikVersion + ", its headers middleware as a library"
	}},
	{stack: "firebase", static: true, version: npmVersions("superstatic")},
	{stack: "php", version: program("PHP", `PHP ([\d.]+)`, "php", "--version")},
}

// need skips the test, or fails, if the server cannot be started here.
func (s *subject) need(t *testing.T) {
	t.Helper()
	server := s.server()
	if server == nil {
		t.Fatalf("%s cannot be started", s.stack)
	}
	if !s.quick && !live() {
		t.Skip("make live runs it")
	}
	var names []string
	for _, name := range server.Programs {
		names = append(names, name, "/usr/sbin/"+name)
	}
	testenv.Program(t, server.Install, names...)
}

// server is what starts the stack.
func (s *subject) server() *stacks.Server { return cmp.Or(s.own, stacks.Lookup(s.stack).Server) }

// started is the stack with its server, which runs the snippet itself.
func (s *subject) started() *stacks.Stack {
	stack, server := *stacks.Lookup(s.stack), *s.server()
	server.Alone = nil
	stack.Server = &server
	return &stack
}

// program asks a program for its version, which is the first group of a regular
// expression in what it prints, and returns it after a label.
func program(label, expression, name string, args ...string) func(*testing.T, string) string {
	return func(t *testing.T, _ string) string {
		path := testenv.Program(t, name, name, "/usr/sbin/"+name)
		out, err := exec.CommandContext(t.Context(), path, args...).CombinedOutput()
		found := regexp.MustCompile(expression).FindSubmatch(out)
		if found == nil {
			t.Fatalf("%s: %v, %s", name, err, out)
		}
		return label + " " + string(found[1])
	}
}

// npmVersions returns the versions of packages.
func npmVersions(packages ...string) func(*testing.T, string) string {
	return func(t *testing.T, _ string) string {
		var list []string
		for _, name := range packages {
			data, err := os.ReadFile(filepath.Join(testenv.Modules(t), name, "package.json"))
			var p struct{ Version string }
			if err == nil {
				err = json.Unmarshal(data, &p)
			}
			if err != nil {
				t.Fatal(err)
			}
			list = append(list, name+" "+p.Version)
		}
		return strings.Join(list, ", ")
	}
}

// pythonVersions returns the versions of packages, in the first Python that has
// them, as run.sh looks for it.
func pythonVersions(packages ...string) func(*testing.T, string) string {
	const ask = "import sys, importlib.metadata as m; print(', '.join(p + ' ' + m.version(p) for p in sys.argv[1:]))"
	return func(t *testing.T, _ string) string {
		for _, python := range []string{"python3", "/usr/bin/python3"} {
			if out, err := exec.CommandContext(t.Context(), python, append([]string{"-c", ask}, packages...)...).Output(); err == nil {
				return strings.TrimSpace(string(out))
			}
		}
		t.Fatalf("no Python has %q", packages)
		return ""
	}
}

// goVersions returns the version of Go and of modules of bench.
func goVersions(modules ...string) func(*testing.T, string) string {
	return func(t *testing.T, dir string) string {
		out, err := exec.CommandContext(t.Context(), "go", "env", "GOVERSION").Output()
		if err != nil {
			t.Fatal(err)
		}
		list := []string{strings.TrimSpace(string(out))}
		text, err := os.ReadFile(filepath.Join(dir, "go.mod"))
		if err != nil {
			t.Fatal(err)
		}
		for _, module := range modules {
			found := regexp.MustCompile(regexp.QuoteMeta(module) + ` (v[\d.]+)`).FindSubmatch(text)
			if found == nil {
				t.Fatalf("bench has no %s", module)
			}
			list = append(list, strings.TrimPrefix(module, "github.com/")+" "+string(found[1]))
		}
		return strings.Join(list, ", ")
	}
}

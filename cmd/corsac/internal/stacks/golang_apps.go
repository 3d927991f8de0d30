package stacks

import (
	"fmt"
	"go/format"
	"slices"
	"strings"

	"github.com/corsac-dev/corsac/cors"
)

// goApplication is a program around the snippet of a Go package.
type goApplication struct {
	// begin and routes are statements before and after those of the snippet.
	// One of them listens on goListen, if the snippet does not.
	begin, routes string
	// imports are the packages that they need, and modules what go.mod requires,
	// in the order of go mod tidy.
	imports, modules []string
}

func (a *goApplication) server() *Server {
	return &Server{
		Programs: []string{"go"}, Install: "https://go.dev/doc/install", Start: "run .", Files: a.files,
		Prepare: "export GOWORK=off # a workspace around this folder does not have it\n[ -f go.sum ] || go mod tidy || exit 3",
	}
}

// goAlone is the application with the middleware that corsac fix writes. Nobody can
// install package cors of corsac, which has no release yet.
var goAlone = &Alone{
	Versions: "Go 1.22 and later",
	Note:     "The middleware in cors.go needs nothing but Go. What corsac generate go prints does the same with package cors of corsac, which has no release yet.",
	Files: func(p *cors.Policy, at Addresses) map[string]string {
		a := goApplication{begin: goApp}
		files := a.files("import (\n\t\"log\"\n\t\"net/http\"\n)\n\n"+inMain+":\nlog.Fatal(http.ListenAndServe("+goListen+", "+goWrapper+"(mux)))", at)
		files["go.mod"] = "module cors-example\n\ngo 1.22\n"
		g := goWritten{pkg: "main", policy: p}
		files["cors.go"] = g.text()
		return files
	},
}

// netHTTPAlone is netHTTPApp, but runs without the package.
func netHTTPAlone() *Server {
	s := netHTTPApp()
	s.Alone = goAlone
	return s
}

func (a *goApplication) files(snippet string, at Addresses) map[string]string {
	program := "// Routes: " + appRoutes + ".\n" + goProgram(withImports(snippet, a.imports), a.begin, a.routes)
	program = strings.Replace(program, goListen, goString(at.Listen("")), 1)
	if formatted, err := format.Source([]byte(program)); err == nil {
		program = string(formatted)
	}
	var mod code
	mod.line("module cors-example\n\ngo 1.26")
	if len(a.modules) > 0 {
		mod.line("\nrequire (\n\t%s\n)", strings.Join(a.modules, "\n\t"))
	}
	return map[string]string{"main.go": program, "go.mod": mod.String()}
}

// withImports returns a snippet that imports more packages, in the order that
// gofmt wants.
func withImports(snippet string, more []string) string {
	before, rest, _ := strings.Cut(snippet, "import (\n")
	block, after, _ := strings.Cut(rest, "\n)\n")
	var standard, others []string
	add := func(quoted string) {
		if strings.Contains(quoted, ".") {
			others = append(others, quoted)
		} else if quoted != "" {
			standard = append(standard, quoted)
		}
	}
	for line := range strings.SplitSeq(block, "\n") {
		add(strings.TrimSpace(line))
	}
	for _, path := range more {
		add(goString(path))
	}
	slices.Sort(standard)
	slices.Sort(others)
	lines := strings.Join(slices.Compact(standard), "\n\t")
	if lines != "" && len(others) > 0 {
		lines += "\n\n\t"
	}
	return fmt.Sprintf("%simport (\n\t%s%s\n)\n%s", before, lines, strings.Join(slices.Compact(others), "\n\t"), after)
}

// netHTTPApp is for packages around a mux of net/http, whose snippets listen.
func netHTTPApp(modules ...string) *Server {
	a := goApplication{begin: goApp, imports: []string{"log", "net/http"}, modules: modules}
	return a.server()
}

var chiApp = goApplication{
	begin: "r := chi.NewRouter()\n",
	routes: `
r.Use(middleware.Recoverer)
for path, status := range map[string]int{"/200": 200, "/401": 401, "/500": 500} {
	r.Get(path, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(status) })
}
r.Get("/throw", func(http.ResponseWriter, *http.Request) { panic("boom") })
r.Get("/own", func(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Access-Control-Allow-Origin", "*")
	w.Header().Add("Vary", "Accept-Language")
})
r.HandleFunc("/x", func(w http.ResponseWriter, _ *http.Request) { w.Header().Set("X-Total-Count", "3") })
log.Fatal(http.ListenAndServe(` + goListen + `, r))
`,
	imports: []string{"log", "net/http", "github.com/go-chi/chi/v5", "github.com/go-chi/chi/v5/middleware"},
	modules: []string{"github.com/go-chi/chi/v5 v5.2.5", "github.com/go-chi/cors v1.2.2"},
}

var ginApp = goApplication{
	begin: "gin.SetMode(gin.ReleaseMode)\nr := gin.New()\n",
	routes: `
r.Use(gin.Recovery())
for path, status := range map[string]int{"/200": 200, "/401": 401, "/500": 500} {
	r.GET(path, func(c *gin.Context) { c.Status(status) })
}
r.GET("/throw", func(*gin.Context) { panic("boom") })
r.GET("/own", func(c *gin.Context) {
	c.Header("Access-Control-Allow-Origin", "*")
	c.Writer.Header().Add("Vary", "Accept-Language")
	c.String(200, "own")
})
r.Any("/x", func(c *gin.Context) {
	c.Header("X-Total-Count", "3")
	c.JSON(200, gin.H{})
})
log.Fatal(r.Run(` + goListen + `))
`,
	imports: []string{"log", "github.com/gin-gonic/gin"},
	modules: []string{"github.com/gin-contrib/cors v1.7.7", "github.com/gin-gonic/gin v1.12.0"},
}

var echoApp = goApplication{
	begin: "e := echo.New()\n",
	routes: `
for path, status := range map[string]int{"/200": 200, "/401": 401, "/500": 500} {
	e.GET(path, func(c *echo.Context) error { return c.NoContent(status) })
}
e.GET("/throw", func(*echo.Context) error { return errors.New("boom") })
e.GET("/own", func(c *echo.Context) error {
	c.Response().Header().Set("Access-Control-Allow-Origin", "*")
	c.Response().Header().Add("Vary", "Accept-Language")
	return c.NoContent(200)
})
e.Any("/x", func(c *echo.Context) error {
	c.Response().Header().Set("X-Total-Count", "3")
	return c.JSON(200, map[string]int{})
})
log.Fatal(e.Start(` + goListen + `))
`,
	imports: []string{"errors", "log", "github.com/labstack/echo/v5"},
	modules: []string{"github.com/labstack/echo/v5 v5.4.4"},
}

var fiberApp = goApplication{
	begin: "app := fiber.New()\n",
	routes: `
for path, status := range map[string]int{"/200": 200, "/401": 401, "/500": 500} {
	app.Get(path, func(c fiber.Ctx) error { return c.SendStatus(status) })
}
app.Get("/throw", func(fiber.Ctx) error { return errors.New("boom") })
app.Get("/own", func(c fiber.Ctx) error {
	c.Set("Access-Control-Allow-Origin", "*")
	c.Vary("Accept-Language")
	return c.SendString("own")
})
app.All("/x", func(c fiber.Ctx) error {
	c.Set("X-Total-Count", "3")
	return c.JSON(map[string]int{})
})
log.Fatal(app.Listen(` + goListen + `, fiber.ListenConfig{DisableStartupMessage: true}))
`,
	imports: []string{"errors", "log", "github.com/gofiber/fiber/v3"},
	modules: []string{"github.com/gofiber/fiber/v3 v3.1.0"},
}

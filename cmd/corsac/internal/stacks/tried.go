package stacks

import (
	"go/ast"
	"slices"
	"strings"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/syntax/gocode"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/syntax/python"
)

// codeRoute is a route of an application. The method is "" for all methods.
type codeRoute struct{ method, path string }

// tried returns the URL of a route of a server at which a wish can be tried: one with
// a method that is wanted, if there is one. Without any, it is that of the path.
func (w *Want) tried(server string, routes []codeRoute) string {
	if server == "" {
		return ""
	}
	wanted := slices.Concat(w.Set["allow_methods"], w.Add["allow_methods"])
	best, most := w.Path, 0
	for _, r := range routes {
		if !strings.HasPrefix(r.path, "/") || strings.ContainsAny(r.path, ":*{}<>()[]?+$^\\ ") || w.Path != "" && !below(r.path, w.Path) {
			continue
		}
		score := 1
		switch {
		case slices.Contains(wanted, r.method):
			score = 4
		case r.method == "":
			score = 3
		case r.method == "GET":
			score = 2
		}
		if len(wanted) == 0 && score == 2 {
			score = 4
		}
		if score > most {
			best, most = r.path, score
		}
	}
	return strings.TrimSuffix(server, "/") + best
}

// routes returns the routes of an app, and of the routers below it.
func (c *expressChange) routes() (list []codeRoute) {
	for _, x := range append([]*expressFile{c.home}, c.files...) {
		for _, u := range x.uses {
			if u.path == "" || u.unclear || !slices.Contains(expressRoutes, u.method) || u.method == "route" {
				continue
			}
			method := strings.ToUpper(strings.TrimSuffix(u.method, "all"))
			mounts := c.mounts[u]
			if x == c.home && u.object == x.declaredBy(c.app) {
				mounts = []string{""}
			}
			for _, mount := range mounts {
				list = append(list, codeRoute{method, strings.TrimSuffix(mount, "/") + u.path})
			}
		}
	}
	return list
}

// routes returns the routes of the application that is changed, and of routers of its
// file.
func (c *asgiChange) routes() (list []codeRoute) {
	if c.target == nil {
		return nil
	}
	prefixes := map[string]string{c.target.name: strings.TrimSuffix(c.target.prefix, "/")}
	python.Walk(c.target.file.Body, func(s *python.Stmt) bool {
		if v := s.Value(); v != nil && lastPart(v.Callee()) == "APIRouter" && len(s.Targets) == 1 {
			if p := v.Arg("prefix"); p == nil {
				prefixes[s.Targets[0].Name] = ""
			} else if p.Kind == python.String {
				prefixes[s.Targets[0].Name] = p.Text
			}
		}
		for _, d := range s.Decorators {
			owner, method, _ := strings.Cut(d.Callee(), ".")
			prefix, known := prefixes[owner]
			path := argument(d, 0, "path")
			if known && slices.Contains(routeMethods, method) && path != nil && path.Kind == python.String {
				list = append(list, codeRoute{strings.ToUpper(method), prefix + path.Text})
			}
		}
		return true
	})
	return list
}

// goRoutes returns the routes that are added to http.ServeMux and the like.
func goRoutes(packages []*gocode.Package) (list []codeRoute) {
	for _, pkg := range packages {
		for _, f := range pkg.Files {
			ast.Inspect(f.AST, func(n ast.Node) bool {
				call, ok := n.(*ast.CallExpr)
				if !ok || len(call.Args) < 2 || !slices.Contains([]string{"Handle", "HandleFunc"}, calleeName(call)) {
					return true
				}
				if text, ok := f.String(call.Args[0]); ok {
					method, path, found := strings.Cut(text, " ")
					if !found {
						method, path = "", text
					}
					list = append(list, codeRoute{method, strings.TrimSpace(path)})
				}
				return true
			})
		}
	}
	return list
}

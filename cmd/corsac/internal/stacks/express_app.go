package stacks

import (
	"path"
	"slices"
	"strings"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/lazyregexp"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/source"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/syntax/js"
)

// expressWords are in the files that can have something to do with Express.
var expressWords = []string{"express", "cors", "Access-Control", "access-control", "connect", ".listen("}

// expressFile is a file of a project that uses Express.
type expressFile struct {
	jsApp
}

// expressRoutes are the methods of an app that add routes.
var expressRoutes = []string{"get", "post", "put", "patch", "delete", "all", "route", "options", "head"}

// expressSources returns the files of a project, if it uses Express or Connect.
func expressSources(t *source.Tree) (list []*expressFile) {
	found := false
	for _, f := range jsFiles(t, expressWords...) {
		x := &expressFile{jsApp: jsApp{jsFile: f}}
		x.cors, x.bare = f.Calls("cors")
		x.cors, x.bare = atMost(t, f, x.cors), atMost(t, f, x.bare)
		x.apps, _ = f.Calls("express")
		connect, _ := f.Calls("connect")
		x.apps = atMost(t, f, append(x.apps, connect...))
		for _, d := range f.Imports("express") {
			switch d.Imported {
			case "express": // const { express } = require('express')
				x.callsOf(d, &x.apps)
			case "Router":
				x.callsOf(d, &x.routers)
			}
		}
		for _, c := range f.Methods("Router") {
			if r := f.Source(f.Receiver(c.Start)); r == "express" || strings.HasPrefix(r, "require(") {
				x.routers = append(x.routers, c)
			}
		}
		x.routers = atMost(t, f, x.routers)
		found = found || len(x.apps) > 0 || len(f.Imports("express")) > 0
		list = append(list, x)
	}
	if !found {
		return nil
	}
	for _, x := range list {
		x.findUses(append([]string{"use", "param", "listen"}, expressRoutes...))
		x.uses = atMost(t, x.jsFile, x.uses)
		for _, u := range x.uses {
			u.route = x.addsRoutes(u)
			u.late = x.lateAfter(u)
		}
		x.findAdds()
		x.hands = atMost(t, x.jsFile, x.findHands(expressResponse))
	}
	findUsers(list)
	return list
}

// addsRoutes reports whether a call adds routes: those of a method, or a router
// with a path.
func (x *expressFile) addsRoutes(u *jsUse) bool {
	switch {
	case u.method == "route":
		return true
	case u.method == "use":
		return len(u.handlers) > 0 && (u.path != "" || u.unclear) && !x.hasCors(u) && !x.harmless(u) || len(u.handlers) > 0 && x.isRouter(u.handlers[len(u.handlers)-1])
	case u.method == "options" || u.method == "listen" || u.method == "param":
		return false
	default:
		return len(u.handlers) > 0
	}
}

// isRouter reports whether an expression is a router, by its name or what it is.
func (x *expressFile) isRouter(r js.Range) bool {
	text := x.Source(r)
	if r.End == r.Start+1 {
		if d := x.Decl(r.Start); d != nil && d.Module != "" {
			return strings.HasPrefix(d.Module, ".") && routerName.MatchString(text+" "+path.Base(d.Module))
		}
		return x.assigned(text) && !slices.ContainsFunc(x.apps, func(c js.Call) bool { return x.declaredBy(c) == text })
	}
	module, _ := x.RequireAt(r.Start)
	return strings.HasPrefix(module, ".") && routerName.MatchString(module)
}

// routerName is in the name of a router or its file.
var routerName = lazyregexp.New(`(?i)rout|api|controller`)

// Middlewares by their names: those that never answer a request themselves, those
// that want a login, and those that read what is sent.
var (
	harmlessName = lazyregexp.New(`(?i)helmet|morgan|compress|cookieparser|responsetime|requestid|request-id|pino|logger|logging|winston|favicon|poweredby|express-status|userAgent|useragent|timing|nocache|hpp`)
	authName     = lazyregexp.New(`(?i)auth|passport|jwt|session|token|login|csrf|csurf|protect|guard|apikey|api-key|basicAuth|permission|rateLimit|limiter|acl`)
	parserName   = lazyregexp.New(`(?i)express\.(?:json|urlencoded|text|raw)|bodyparser|body-parser|multer|upload|fileupload|^(?:json|urlencoded)$`)
	answers      = lazyregexp.New(`\.(?:status|sendStatus|send|json|end|redirect|render|writeHead)\s*\(`)
)

// harmless reports whether a call adds nothing that answers requests.
func (x *expressFile) harmless(u *jsUse) bool {
	for _, r := range u.handlers {
		text := x.calleeOf(r)
		if harmlessName.MatchString(text) && !authName.MatchString(text) {
			continue
		}
		v := x.Value(r)
		if v.Kind != js.FunctionValue || len(v.Function.Params) == 4 {
			if v.Kind == js.FunctionValue {
				continue // it handles errors
			}
			return false
		}
		if answers.MatchString(x.Source(v.Function.Body)) {
			return false
		}
	}
	return true
}

package matrix

import (
	"slices"
	"strings"
	"testing"
)

// floor is what was measured before, with the best configuration of the stack's
// own middleware, and why corsac's configuration differs. Stacks that held
// everything are not listed.
type floor struct {
	// lacks are columns that were lost.
	lacks string
	// more says why fewer are lost now.
	more string
	// less are columns that are lost besides, and why is the reason.
	less, why string
}

// A handler that sets the header itself wins over the middleware of most
// frameworks (ownACAO, strip): that is for the code of the handler.
var floors = map[string]floor{
	"express": {lacks: "noleak opt ownACAO strip"},
	"fastapi": {lacks: "V- V0 Verr noleak strip", more: "the snippet wraps the application once more, and that layer sends Vary: Origin always"},
	"go": {
		less: "Vpf ownACAO strip",
		why:  "it was not measured before: preflights cannot be cached, so package cors sends no Vary with their refusal; policy.WrapOverride replaces what handlers set",
	},
	"chi":     {lacks: "405 forged ownACAO strip", more: "patterns are a function with an anchored expression, and AllowedMethods has GET, HEAD and POST"},
	"rs-cors": {lacks: "405 forged pfcurl ownACAO strip", more: "patterns are a function with an anchored expression, and AllowedMethods has GET, HEAD and POST"},
	"gin":     {lacks: "forged V- V0 Vpf Verr opt ownACAO", more: "patterns are a function with an anchored expression"},
	"echo": {
		lacks: "ownACAO strip",
		less:  "forged", why: "a list of origins without patterns is compared ignoring case, which no browser can use",
	},
	"fiber": {lacks: "forged noleak opt ownACAO strip", more: "patterns are a function with an anchored expression"},
	"jub0bs": {
		lacks: "pfcurl ownACAO strip",
		less:  "Vpf forged pf",
		why: "version 1.0 is measured, not 0.9.2: preflights have no Vary, a pattern matches any characters before the domain, " +
			"and a preflight for GET without headers, which browsers do not send, is refused if everybody is allowed",
	},
	"fastify": {lacks: "noleak opt ownACAO strip"},
	"koa": {
		lacks: "opt ownACAO strip",
		less:  "Verr", why: "an error that is thrown is measured, too: Koa takes Vary off its answer to other origins",
	},
	"hono": {lacks: "noleak opt ownACAO strip"},
	"nest": {lacks: "noleak opt ownACAO strip"},
	"hapi": {
		lacks: "forged Vpf pf opt strip",
		less:  "meth verify browser",
		why:   "the application has a route for PATCH, and hapi grants each method that has a route; a path without a route refuses the preflight (pf)",
	},
	"next": {lacks: "strip"},
	"node": {less: "ownACAO strip", why: "it was not measured before; the handler runs after the function, and wins"},
	"php":  {less: "ownACAO strip", why: "it was not measured before; the script runs after cors.php, and wins"},
	"flask": {
		lacks: "forged V- V0 Vpf Verr pf ownACAO strip", more: "an after_request function adds Vary: Origin to every answer",
		less: "browser", why: "a path without a route refuses the preflight (pf)",
	},
	"django": {lacks: "forged noleak strip"},
	"aiohttp": {
		lacks: "allow V+ V- V0 Vpf Verr pf opt 405 ownACAO strip Vkeep dup",
		more:  "a middleware and a signal of our own stand in for aiohttp-cors, which covers only the routes that it is given",
	},
	"rails":   {lacks: "Vpf ownACAO strip"},
	"tomcat":  {lacks: "V- Vpf Verr 405 ownACAO", more: "cors.allowed.methods has POST, with which a method without a route is tried"},
	"traefik": {lacks: "Vpf noleak"},
	"firebase": {
		lacks: "allow deny forged pf noleak opt strip Vkeep", more: "it cannot express the reference policy, which is not tried",
	},
	"vite":               {lacks: "noleak opt"},
	"webpack-dev-server": {lacks: "noleak opt"},
	"create-react-app":   {lacks: "noleak opt"},
}

// allowed returns the columns that may be lost.
func (f *floor) allowed() []string { return strings.Fields(f.lacks + " " + f.less) }

// difference says how what a stack loses for the reference policy differs from
// its floor; "" if it does not.
func difference(stack string, failing []string) string {
	f := floors[stack]
	var parts []string
	add := func(text string, names []string, because string) {
		if len(names) > 0 {
			parts = append(parts, text+strings.Join(names, ", ")+": "+because)
		}
	}
	add("It loses besides what was measured before ", without(failing, strings.Fields(f.lacks)), f.why)
	add("It no longer loses ", without(strings.Fields(f.lacks), failing), f.more)
	return strings.Join(parts, ". ")
}

// without returns the names of a list that are not in another.
func without(list, other []string) []string {
	return slices.DeleteFunc(slices.Clone(list), func(name string) bool { return slices.Contains(other, name) })
}

// TestFloors checks that no stack loses more than its floor says, for any policy,
// and that each difference is explained. Those that the project promises to hold
// everything have no floor.
func TestFloors(t *testing.T) {
	for _, stack := range []string{"nginx", "apache", "haproxy", "caddy", "varnish", "lighttpd", "cloudflare", "supabase"} {
		if _, ok := floors[stack]; ok {
			t.Errorf("%s has to hold everything", stack)
		}
	}
	for _, r := range readResults(t) {
		f := floors[r.Stack]
		lost := map[string]bool{}
		for _, trial := range trials {
			for _, name := range r.failing(trial.name) {
				lost[name] = true
			}
			if less := without(r.failing(trial.name), f.allowed()); len(less) > 0 {
				t.Errorf("%s, %s: %q are not held", r.Stack, trial.name, less)
			}
		}
		for _, name := range strings.Fields(f.less) {
			if !lost[name] {
				t.Errorf("%s: %s is held, though the floor explains why not", r.Stack, name)
			}
		}
		if d := difference(r.Stack, r.failing("reference")); strings.Contains(d+".", ": .") {
			t.Errorf("%s: the difference is not explained: %s", r.Stack, d)
		}
	}
}

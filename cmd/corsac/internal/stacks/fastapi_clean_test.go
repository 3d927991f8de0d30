package stacks

import (
	"strings"
	"testing"
)

// pyNotOnlyCORS are bodies of a middleware that do more than CORS, with what must
// stay of them.
var pyNotOnlyCORS = []struct{ name, body, stays string }{
	{"key", "response = await call_next(request)\nif request.headers.get('x-key') != KEY:\n    return JSONResponse({}, 401, headers={'Access-Control-Allow-Origin': '*'})\nreturn response", "if request.headers.get('x-key') != KEY:\n        return JSONResponse({}, 401)"},
	{"assert", "assert request.headers.get('x-key') == KEY\nresponse = await call_next(request)\nresponse.headers['Access-Control-Allow-Origin'] = '*'\nreturn response", "assert request.headers.get('x-key') == KEY"},
	{"state", "request.state.tenant = request.headers.get('x-tenant')\nresponse = await call_next(request)\nresponse.headers['Access-Control-Allow-Origin'] = '*'\nreturn response", "request.state.tenant = request.headers.get('x-tenant')"},
	{"value with effect", "response = await call_next(request)\nresponse.headers['Access-Control-Allow-Origin'] = login(request)\nreturn response", "login(request)"},
	{"awaited value", "response = await call_next(request)\nresponse.headers['Access-Control-Allow-Origin'] = await login(request)\nreturn response", "await login(request)"},
	{"walrus", "response = await call_next(request)\nresponse.headers['Access-Control-Allow-Origin'] = (user := request.user)\nreturn response", "user := request.user"},
	{"f-string", "response = await call_next(request)\nresponse.headers['Access-Control-Allow-Origin'] = f'https://{login(request)}'\nreturn response", "login(request)"},
	{"receiver with effect", "(await call_next(request)).headers['Access-Control-Allow-Origin'] = '*'\nreturn done", "await call_next(request)"},
	{"appended", "response = await call_next(request)\nresponse.headers.append('Access-Control-Allow-Origin', login(request))\nreturn response", "login(request)"},
	{"dict with effect", "return JSONResponse({}, 200, headers={'Access-Control-Allow-Origin': login(request), 'X-A': 'b'})", "login(request)"},
	{"condition", "response = await call_next(request)\nif login(request):\n    response.headers['Access-Control-Allow-Origin'] = '*'\nreturn response", "if login(request):"},
	{"two on a line", "response = await call_next(request)\naudit(request); response.headers['Access-Control-Allow-Origin'] = '*'\nreturn response", "audit(request)"},
	{"two targets", "response = await call_next(request)\nresponse.headers['Access-Control-Allow-Origin'] = request.state.origin = '*'\nreturn response", "request.state.origin = '*'"},
	{"other header", "response = await call_next(request)\nresponse.headers.update({'Access-Control-Allow-Origin': '*', 'X-Frame-Options': 'DENY'})\nreturn response", "'X-Frame-Options': 'DENY'"},
	{"try", "response = await call_next(request)\ntry:\n    response.headers['Access-Control-Allow-Origin'] = '*'\nfinally:\n    audit(request)\nreturn response", "audit(request)"},
	{"index with effect", "response = await call_next(request)\nresponses[take(request)].headers['Access-Control-Allow-Origin'] = '*'\nreturn response", "take(request)"},
	{"get of a store", "response = await call_next(request)\nresponse.headers['Access-Control-Allow-Origin'] = quota.get('origin')\nreturn response", "quota.get('origin')"},
}

// TestFastAPIKeepsOtherCode checks that corsac fix takes nothing away that does
// more than CORS.
func TestFastAPIKeepsOtherCode(t *testing.T) {
	for _, c := range pyNotOnlyCORS {
		text := "from fastapi import FastAPI, Request\n\napp = FastAPI()\n\n@app.middleware(\"http\")\nasync def guard(request: Request, call_next):\n    " + strings.ReplaceAll(c.body, "\n", "\n    ") + "\n"
		after, change, err := change("fastapi", map[string]string{"main.py": text}, &Want{Set: map[string][]string{"allow_origins": {"https://app.example.com"}}})
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		got := after["main.py"]
		if !strings.Contains(got, c.stays) || !strings.Contains(got, "CORSMiddleware") {
			t.Errorf("%s: %q is gone from\n%s\n%s", c.name, c.stays, text, got)
		}
		if strings.Contains(got, "Access-Control-Allow-Origin") && !strings.Contains(strings.Join(change.Notes, "\n"), "could not be removed") {
			t.Errorf("%s: the header is left without a word:\n%s\n%s", c.name, got, change.Notes)
		}
	}
}

package stacks

import (
	"strings"
	"testing"
)

// goNotOnlyCORS are bodies of functions (w, r, next) that do more than CORS, with
// what must stay of them.
var goNotOnlyCORS = []struct{ name, body, stays string }{
	{"key", `w.Header().Set("Access-Control-Allow-Origin", "*"); if r.Header.Get("X-Key") == key { next.ServeHTTP(w, r) }`, `if r.Header.Get("X-Key") == key {`},
	{"key of preflights", `w.Header().Set("Access-Control-Allow-Origin", "*"); if r.Method == "OPTIONS" || r.Header.Get("X-Key") != key { w.WriteHeader(http.StatusUnauthorized); return }; next.ServeHTTP(w, r)`, `w.WriteHeader(http.StatusUnauthorized)`},
	{"refusal", `w.Header().Set("Access-Control-Allow-Origin", "*"); if r.Method == "OPTIONS" { w.WriteHeader(403); return }; next.ServeHTTP(w, r)`, `w.WriteHeader(403)`},
	{"value with effect", `w.Header().Set("Access-Control-Allow-Origin", claim(w, r)); next.ServeHTTP(w, r)`, `claim(w, r)`},
	{"limiter", `if limiter.Allow() { w.Header().Set("Access-Control-Allow-Origin", "*") }; next.ServeHTTP(w, r)`, `limiter.Allow()`},
	{"cookies", `if jar.Contains(r) { w.Header().Set("Access-Control-Allow-Origin", "*") }; next.ServeHTTP(w, r)`, `jar.Contains(r)`},
	{"store", `if store.Get(r.Host) != "" { w.Header().Set("Access-Control-Allow-Origin", "*") }; next.ServeHTTP(w, r)`, `store.Get(r.Host)`},
	{"origin with effect", `if countOrigin(r) { w.Header().Set("Access-Control-Allow-Origin", "*") }; next.ServeHTTP(w, r)`, `countOrigin(r)`},
	{"else", `if o := r.Header.Get("Origin"); o == "https://a.example" { w.Header().Set("Access-Control-Allow-Origin", o) } else { http.Error(w, "no", 403); return }; next.ServeHTTP(w, r)`, `http.Error(w, "no", 403)`},
	{"switch", `switch r.Method { case "OPTIONS": w.Header().Set("Access-Control-Allow-Origin", "*"); audit(r); case "GET": next.ServeHTTP(w, r) }`, `audit(r)`},
	{"kind", `w.Header().Set("Access-Control-Allow-Origin", "*"); if kind == "OPTIONS" { return }; next.ServeHTTP(w, r)`, `if kind == "OPTIONS" {`},
	{"writer of others", `w.Header().Set("Access-Control-Allow-Origin", "*"); if r.Method == "OPTIONS" { audit.Write(nil); return }; next.ServeHTTP(w, r)`, `audit.Write(nil)`},
	{"other vary", `w.Header().Set("Access-Control-Allow-Origin", "*"); w.Header().Add("Vary", "Accept-Language"); next.ServeHTTP(w, r)`, `"Accept-Language"`},
	{"received", `if v := <-tokens; v != "" { w.Header().Set("Access-Control-Allow-Origin", "*") }; next.ServeHTTP(w, r)`, `<-tokens`},
	{"argument with effect", `setCORS(w, login(r)); next.ServeHTTP(w, r)`, `login(r)`},
	{"receiver with effect", `login(r).Header().Set("Access-Control-Allow-Origin", "*"); next.ServeHTTP(w, r)`, `login(r)`},
	{"context", `r = r.WithContext(tenant(r)); w.Header().Set("Access-Control-Allow-Origin", "*"); next.ServeHTTP(w, r)`, `r = r.WithContext(tenant(r))`},
	{"deferred", `defer func() { w.Header().Set("Access-Control-Allow-Origin", "*"); audit(r) }(); next.ServeHTTP(w, r)`, `audit(r)`},
}

// TestGoKeepsOtherCode checks that corsac fix takes nothing away that does more
// than CORS.
func TestGoKeepsOtherCode(t *testing.T) {
	for _, c := range goNotOnlyCORS {
		text := "package main\n\nimport \"net/http\"\n\nfunc setCORS(w http.ResponseWriter, user string) {\n\tw.Header().Set(\"Access-Control-Allow-Origin\", \"*\")\n}\n\nfunc countOrigin(r *http.Request) bool {\n\tcounted++\n\treturn true\n}\n\nfunc guard(next http.Handler) http.Handler {\n\treturn http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {\n\t\t" +
			strings.ReplaceAll(c.body, "; ", "\n") + "\n\t})\n}\n\nfunc main() {\n\tmux := http.NewServeMux()\n\tmux.HandleFunc(\"/\", items)\n\thttp.ListenAndServe(\":8080\", guard(mux))\n}\n"
		files := map[string]string{"main.go": text, "go.mod": "module example.com/app\n\ngo 1.24\n"}
		src := Lookup("go").Source
		tree := goTree(files)
		change, err := src.Change(tree, src.Read(tree), &Want{Set: map[string][]string{"allow_origins": {"https://app.example.com"}}})
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		got := goChanged(t, files, change)["main.go"]
		if !strings.Contains(got, c.stays) {
			t.Errorf("%s: %q is gone from\n%s\n%s", c.name, c.stays, text, got)
		}
		if strings.Contains(got, "Access-Control-Allow-Origin") && !strings.Contains(strings.Join(change.Notes, "\n"), "is left") {
			t.Errorf("%s: the header is left without a word:\n%s\n%s", c.name, got, change.Notes)
		}
	}
}

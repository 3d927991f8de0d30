package dev_test

import (
	"errors"
	"io"
	"net/http"
	"regexp"
	"strings"
	"testing"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/dev"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/devroute"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/inspector/playground/engine"
)

// TestInspectorFaults sets what goes wrong through the inspector: it happens, the
// inspector shows it, and reading the settings again ends it. The playground is there
// if the program has its engine.
func TestInspectorFaults(t *testing.T) {
	api := serve(t, blank)
	r := run(t, options{flags: dev.Flags{APIs: []string{"/api=" + api}}})
	send := func(method, path, body string, headers ...string) (int, string) {
		t.Helper()
		req, err := http.NewRequestWithContext(t.Context(), method, r.URL()+path, strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		for _, l := range headers {
			name, value, _ := strings.Cut(l, ": ")
			req.Header.Set(name, value)
		}
		res, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		defer res.Body.Close()
		text, err := io.ReadAll(res.Body)
		if err != nil {
			t.Fatal(err)
		}
		return res.StatusCode, string(text)
	}
	answers := func(want int) {
		t.Helper()
		if status, text := send("GET", "/api/x", ""); status != want {
			t.Errorf("%d %s, want %d", status, text, want)
		}
	}
	answers(200)
	_, page := send("GET", "/__corsac/", "")
	token := "X-Corsac-Token: " + regexp.MustCompile(`name="corsac-token" content="([^"]+)"`).FindStringSubmatch(page)[1]
	if status, text := send("POST", "/__corsac/api/faults", `{"path":"/api","fail":"503"}`, token, "Content-Type: application/json"); status != 200 {
		t.Fatalf("%d %s", status, text)
	}
	answers(503)
	_, list := send("GET", "/__corsac/api/list", "", token)
	for _, part := range []string{`"fault":"fail 503"`, `"path":"/api","upstream":"` + api + `","delay":"","fail":"503","offline":false,"text":"fail 503"`} {
		if !strings.Contains(list, part) {
			t.Errorf("%s lacks %s", list, part)
		}
	}
	if err := r.Reload(r.Settings); err != nil {
		t.Fatal(err)
	}
	answers(200)
	if (r.Settings.Proxy.Routes[0].Faults != devroute.Faults{}) {
		t.Error("the settings have changed")
	}
	_, err := engine.BuiltIn()
	has := !errors.Is(err, engine.ErrAbsent)
	if status, _ := send("GET", "/__corsac/playground/", ""); (status == 200) != has {
		t.Errorf("status %d, and the program has the engine: %t", status, has)
	}
}

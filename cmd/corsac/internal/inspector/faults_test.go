package inspector_test

import (
	"errors"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/devroute"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/inspector"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/record"
)

// empty stands for the playground: it answers with the path.
type empty struct{}

func (empty) ServeHTTP(w http.ResponseWriter, r *http.Request) { _, _ = w.Write([]byte(r.URL.Path)) }

// faults is a proxy with one API.
type faults struct {
	mu sync.Mutex
	of devroute.Faults
}

func (f *faults) Routes() []devroute.Route {
	f.mu.Lock()
	defer f.mu.Unlock()
	return []devroute.Route{{Path: "/api", Upstream: api, Faults: f.of}}
}

func (f *faults) SetFaults(host, path string, to devroute.Faults) error {
	if host+path != "/api" {
		return errors.New("there is no route " + host + path)
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.of = to
	return nil
}

// TestFaults sets and clears what goes wrong, and refuses what is not a fault.
func TestFaults(t *testing.T) {
	proxy := new(faults)
	s := start(t, inspector.Options{Faults: proxy})
	type body map[string]any
	type routes []struct {
		Path, Delay, Fail, Text string
		Offline                 bool
	}
	got := call[routes](s, "POST", "faults", body{"path": "/api", "delay": "300ms", "fail": "503@12.5%", "offline": true})
	if want := (devroute.Faults{Delay: 300 * time.Millisecond, Status: 503, Percent: 12.5, Offline: true}); proxy.of != want {
		t.Errorf("%+v, want %+v", proxy.of, want)
	}
	if len(got) != 1 || got[0].Path != "/api" || got[0].Delay != "300ms" || got[0].Fail != "503@12.5%" || !got[0].Offline || got[0].Text != "delay 300ms, fail 503@12.5%, offline" {
		t.Errorf("%+v", got)
	}
	usual := []string{"X-Corsac-Token: " + s.token, "Content-Type: application/json"}
	for _, c := range []struct {
		body   string
		status int
	}{
		{`{"path":"/api","delay":"11m"}`, 422},
		{`{"path":"/api","delay":"-1s"}`, 422},
		{`{"path":"/api","delay":"soon"}`, 422},
		{`{"path":"/api","fail":"99"}`, 422},
		{`{"path":"/api","fail":"500@101%"}`, 422},
		{`{"path":"/api","fail":"500@NaN%"}`, 422},
		{`{"path":"/other"}`, 404},
		{`{"host":"x","path":"/api"}`, 404},
		{`{"path":"/api","mode":"add"}`, 400},
	} {
		if res, text := s.send("POST", "api/faults", c.body, usual...); res.StatusCode != c.status {
			t.Errorf("%s: %d %s, want %d", c.body, res.StatusCode, text, c.status)
		}
	}
	if proxy.of.Status != 503 {
		t.Errorf("a mistake has changed the faults: %+v", proxy.of)
	}
	call[routes](s, "POST", "faults", body{"path": "/api"})
	if (proxy.of != devroute.Faults{}) {
		t.Errorf("cleared: %+v", proxy.of)
	}
	s = start(t, inspector.Options{})
	if res, _ := s.send("POST", "api/faults", `{"path":"/api"}`, "X-Corsac-Token: "+s.token, "Content-Type: application/json"); res.StatusCode != 404 {
		t.Errorf("without a proxy: %d", res.StatusCode)
	}
}

// TestBrowserFaults sets and clears a fault as a person does.
func TestBrowserFaults(t *testing.T) {
	proxy := new(faults)
	s := start(t, inspector.Options{Faults: proxy})
	b := open(t, s)
	for _, x := range samples() {
		s.record(x)
	}
	broken := apiCall("GET", "/api/items", 500, nil)
	broken.proxied = record.Proxied{Route: "/api", Mode: "same-origin", Fault: "delay 300ms, fail 500"}
	s.record(broken)
	b.until(`document.querySelectorAll(".row").length === 10`)
	b.wants("#list", "On purpose: delay 300ms, fail 500.")
	b.until(`document.querySelector("#faults-on").hidden && !document.querySelector("#faults").hidden`)
	set := func(delay, fail string) {
		b.run(`document.querySelector("#faults").click()`)
		b.until(`document.querySelector("#faults-dialog").open`)
		b.run(`(() => { const f = (name) => document.querySelector("#fault-routes [name=" + name + "]"); f("delay").value = "` + delay + `"; f("fail").value = "` + fail + `"; })()`)
		b.run(`document.querySelector("#faults-apply").click()`)
	}
	set("300ms", "500@10%")
	b.until(`!document.querySelector("#faults-dialog").open && !document.querySelector("#faults-on").hidden`)
	b.wants("#faults-on", "On purpose", "/api delay 300ms, fail 500@10%")
	b.shoot("faults", "light", 1440, 900)
	b.shoot("faults-dark", "dark", 1440, 900)
	b.shoot("faults-narrow", "light", 400, 900)
	if got := proxy.Routes()[0].Faults.String(); got != "delay 300ms, fail 500@10%" {
		t.Error(got)
	}
	b.run(`document.querySelector("#faults-on button").click()`)
	b.shoot("faults-dialog", "dark", 1440, 900)
	b.run(`document.querySelector("#faults-clear").click()`)
	b.until(`document.querySelector("#faults-on").hidden`)
	if got := proxy.Routes()[0].Faults.String(); got != "" {
		t.Error(got)
	}
	if err := proxy.SetFaults("", "/api", devroute.Faults{Offline: true}); err != nil { // in another tab
		t.Fatal(err)
	}
	s.record(apiCall("GET", "/api/one", 200, nil))
	b.until(`!document.querySelector("#faults-on").hidden`)
	if text := b.text("#faults-on"); !strings.Contains(text, "offline") {
		t.Error(text)
	}
}

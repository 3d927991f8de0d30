package devproxy_test

import (
	"errors"
	"log/slog"
	"net/http"
	"strings"
	"testing"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/devproxy"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/devroute"
	"github.com/corsac-dev/corsac/fetch"
)

// TestAsk checks that only the server of a route is asked, as it is now, without
// credentials, and that nothing else is followed.
func TestAsk(t *testing.T) {
	var got []string
	api := upstream(t, func(w http.ResponseWriter, r *http.Request) {
		got = append(got, r.Method+" "+r.Host+r.RequestURI+" "+r.Header.Get("Origin")+r.Header.Get("Cookie")+r.Header.Get("Authorization"))
		w.Header().Set("Location", "/elsewhere")
		w.Header().Set("Access-Control-Allow-Origin", "*")
		w.WriteHeader(http.StatusTemporaryRedirect)
	})
	other := upstream(t, func(http.ResponseWriter, *http.Request) { t.Error("another server was asked") })
	p := start(t, devproxy.Options{Routes: []devroute.Route{
		{Path: "/api", Upstream: api + "/base", StripPrefix: true},
		{Path: "/other", Upstream: other},
		{Path: "/mock", Mock: &devroute.Mock{}},
		{Path: "/down", Upstream: "http://localhost:1"},
	}})
	w := &fetch.WireRequest{Method: "OPTIONS", Headers: fetch.Headers{
		{Name: "Origin", Value: "https://app.example.com"}, {Name: "Cookie", Value: "a=b"}, {Name: "Authorization", Value: "x"}, {Name: "Host", Value: "evil.example"},
	}}
	res, err := p.Ask(t.Context(), p.url+"/api/a%2Fb?c=d", api, w)
	if err != nil || res.Status != 307 || res.Headers.Get("Access-Control-Allow-Origin") != "*" {
		t.Errorf("%+v, %v", res, err)
	}
	if want := "OPTIONS " + strings.TrimPrefix(api, "http://") + "/base/a%2Fb?c=d https://app.example.com"; len(got) != 1 || got[0] != want {
		t.Errorf("%q, want %q", got, want)
	}
	for url, server := range map[string]string{
		"/other/x": api, "/api/x": other, "/mock": api, "/none": api, "/api/y": "https://staging.example.com",
	} {
		if res, err := p.Ask(t.Context(), p.url+url, server, w); !errors.Is(err, devproxy.ErrOtherServer) {
			t.Errorf("%s at %s: %+v, %v", url, server, res, err)
		}
	}
	if _, err := p.Ask(t.Context(), p.url+"/down", "http://localhost:1", w); err == nil || !strings.Contains(err.Error(), "nothing listens on localhost:1") {
		t.Error(err)
	}
	if err := p.Reload(devproxy.Options{Routes: []devroute.Route{{Path: "/other", Upstream: other}}, Log: slog.New(slog.DiscardHandler)}); err != nil {
		t.Fatal(err)
	}
	if _, err := p.Ask(t.Context(), p.url+"/api/x", api, w); !errors.Is(err, devproxy.ErrOtherServer) {
		t.Errorf("after the route is gone: %v", err)
	}
}

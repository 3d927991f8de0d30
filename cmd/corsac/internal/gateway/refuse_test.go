package gateway

import (
	"bufio"
	"bytes"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/config"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/forward"
	"github.com/corsac-dev/corsac/cors"
)

// FuzzRefuse checks that every refused request gets a response, which only an
// allowed origin can read.
func FuzzRefuse(f *testing.F) {
	const app = "https://app.example.com"
	f.Add("GET /% HTTP/1.1\r\nHost: x\r\nOrigin: " + app + "\r\n\r\n")
	f.Add("OPTIONS /%zz\r\nOrigin: null\r\nAccess-Control-Request-Method: PUT\r\n")
	f.Add("HEAD \x00 HTTP/1.0\n: \n\n")
	upstream := &url.URL{Scheme: "http", Host: "127.0.0.1:1"}
	h, err := New(&config.Config{
		Policies: map[string]cors.Policy{"app": {AllowOrigins: []string{app}}},
		Gateway:  config.Gateway{Routes: []config.Route{{Path: "/api", Upstream: upstream, Policy: "app"}}},
	}, Options{})
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, head string) {
		answer, ok := forward.Refuse(h, "", []byte(head), []byte("HTTP/1.1 400 Bad Request\r\n\r\n"))
		if !ok {
			return
		}
		r := &http.Request{Method: strings.SplitN(head, " ", 2)[0]}
		res, err := http.ReadResponse(bufio.NewReader(bytes.NewReader(answer)), r)
		if err != nil {
			t.Fatalf("%v: %q", err, answer)
		}
		defer res.Body.Close()
		if got := res.Header.Values("Access-Control-Allow-Origin"); got != nil && (len(got) != 1 || got[0] != app || !strings.Contains(head, app)) {
			t.Errorf("Access-Control-Allow-Origin: %q", got)
		}
	})
}

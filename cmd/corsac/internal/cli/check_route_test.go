package cli_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/cli"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/testenv"
)

// TestCheckProxy uses a proxy from the environment: in absolute form for http,
// through a tunnel for https.
func TestCheckProxy(t *testing.T) {
	var seen []string
	proxy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		seen = append(seen, r.Method+" "+r.RequestURI+" "+r.Header.Get("Proxy-Authorization"))
		if r.Method != http.MethodConnect {
			allow(w)
			return
		}
		to, err := (&net.Dialer{}).DialContext(r.Context(), "tcp", "localhost:"+port(r.RequestURI))
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadGateway)
			return
		}
		defer to.Close()
		conn, _, err := http.NewResponseController(w).Hijack()
		if err != nil {
			t.Error(err)
			return
		}
		defer conn.Close()
		_, _ = io.WriteString(conn, "HTTP/1.1 200 OK\r\n\r\n")
		go func() { _, _ = io.Copy(to, conn) }()
		_, _ = io.Copy(conn, to)
	}))
	t.Cleanup(proxy.Close)
	secure := newAuthority(t).server(t, "api.example", 1<<40)
	for _, c := range []struct{ url, want string }{
		{"http://api.example/x?y", "GET http://api.example/x?y Basic dTpw"},
		{"https://api.example:" + port(secure) + "/x", "CONNECT api.example:" + port(secure) + " Basic dTpw"},
	} {
		seen = nil
		v := checkWith(t, func(name string) string {
			if strings.HasSuffix(name, "_PROXY") && name != "NO_PROXY" && name != "ALL_PROXY" {
				return strings.Replace(proxy.URL, "http://", "http://u:p@", 1)
			}
			return ""
		}, c.url, "--origin", testOrigin, "-k")
		if v.Result != "allowed" || len(seen) != 1 || seen[0] != c.want {
			t.Errorf("%s: %s %+v, the proxy saw %q", c.url, v.Result, v.Error, seen)
		}
	}
	proxy.Close()
	v := checkWith(t, func(name string) string {
		if name == "http_proxy" {
			return proxy.URL
		}
		return ""
	}, "http://api.example/", "--origin", testOrigin)
	if v.code() != "net::ERR_PROXY_CONNECTION_FAILED" {
		t.Errorf("a proxy that is down: %+v", v.Error)
	}
}

func checkWith(t *testing.T, getenv func(string) string, args ...string) checked {
	t.Helper()
	var out, errs bytes.Buffer
	cli.Run(t.Context(), append([]string{"check", "--json", "--passive"}, args...), cli.IO{In: strings.NewReader(""), Out: &out, Err: &errs, Getenv: getenv})
	var v checked
	if err := json.Unmarshal(out.Bytes(), &v); err != nil {
		t.Fatalf("%v: %s", err, errs.String())
	}
	return v
}

// TestCheckLocalhost reaches a server that listens on only one address family.
func TestCheckLocalhost(t *testing.T) {
	for _, address := range []string{"127.0.0.1:0", "[::1]:0"} {
		l, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", address)
		if err != nil {
			testenv.Missing(t, fmt.Sprintf("this machine has no %s: %v", address, err))
		}
		s := &httptest.Server{Listener: l, Config: &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { allow(w) })}}
		s.Start()
		t.Cleanup(s.Close)
		for _, host := range []string{"localhost", "app.localhost"} {
			if v, _ := check(t, "http://"+host+":"+port(l.Addr().String()), "--origin", testOrigin); v.Result != "allowed" {
				t.Errorf("%s on %s: %+v", host, address, v.Error)
			}
		}
	}
}

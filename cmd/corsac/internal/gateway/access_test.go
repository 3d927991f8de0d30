package gateway_test

import (
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/accesslog"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/config"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/gateway"
)

// accessLog is an access log in a file.
type accessLog struct {
	*accesslog.Log

	t    *testing.T
	file string
}

func openAccessLog(t *testing.T) *accessLog {
	t.Helper()
	l := &accessLog{accesslog.New(io.Discard, io.Discard, slog.New(slog.DiscardHandler)), t, filepath.Join(t.TempDir(), "access.log")}
	l.begin()
	t.Cleanup(l.Close)
	return l
}

func (l *accessLog) begin() {
	if err := l.Use(&config.AccessLog{To: l.file}); err != nil {
		l.t.Fatal(err)
	}
}

var varying = regexp.MustCompile(`"time":"[^"]*",|,"duration":[0-9.]+|,"upstream":[0-9.]+`)

// take returns what has been written, without times, and removes it.
func (l *accessLog) take() string {
	l.t.Helper()
	l.Close()
	text, err := os.ReadFile(l.file)
	if err == nil {
		err = os.Remove(l.file)
	}
	if err != nil {
		l.t.Fatal(err)
	}
	l.begin()
	return varying.ReplaceAllString(string(text), "")
}

// TestAccessLog checks the line of each way in which a request ends.
func TestAccessLog(t *testing.T) {
	upstream := startServer(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/long":
			w.Header().Set("Content-Length", fmt.Sprint(long))
			_, _ = io.Copy(w, io.LimitReader(noise(), long))
		case "/broken":
			w.Header().Set("Content-Length", "10")
			_, _ = io.WriteString(w, "12345")
		default:
			_, _ = io.WriteString(w, "hello")
		}
	}))
	c := one(t, upstream)
	c.Gateway.Routes = append(c.Gateway.Routes,
		config.Route{Host: "api.example", Path: "/down", Upstream: parseURL(t, "http://127.0.0.1:1"), Policy: "app"},
		config.Route{Host: "api.example", Path: "/guarded", Upstream: parseURL(t, upstream), Policy: "app", HideOrigin: true})
	c.Gateway.Routes[0].Host = "api.example"
	const evil = "Origin: https://evil.example\r\n"
	const own = `"host":"api.example","path":"/","route":"api.example/","policy":"app",`
	log := openAccessLog(t)
	g := start(t, c, gateway.Options{AccessLog: log.Log, Metrics: gateway.NewMetrics(prometheus.NewRegistry())})
	for _, row := range []struct{ request, line string }{
		{"GET /?token=x HTTP/1.1\r\n", `"method":"GET",` + own + `"status":200,"bytes":5,"protocol":"HTTP/1.1","kind":"none"`},
		{"HEAD / HTTP/1.1\r\n", `"method":"HEAD",` + own + `"status":200,"bytes":0,"protocol":"HTTP/1.1","kind":"none"`},
		{"GET / HTTP/1.1\r\nOrigin: " + app + "\r\n", `"method":"GET",` + own + `"status":200,"bytes":5,"protocol":"HTTP/1.1","origin":"` + app + `","kind":"actual","allowed":true,"reason":"permitted"`},
		{"GET / HTTP/1.1\r\n" + evil, `"method":"GET",` + own + `"status":200,"bytes":5,"protocol":"HTTP/1.1","origin":"https://evil.example","kind":"actual","allowed":false,"reason":"origin-not-allowed"`},
		{"POST / HTTP/1.1\r\nSec-Fetch-Site: same-origin\r\n" + evil, `"method":"POST",` + own + `"status":200,"bytes":5,"protocol":"HTTP/1.1","origin":"https://evil.example","kind":"same-origin"`},
		{"POST / HTTP/1.1\r\nSec-Fetch-Mode: no-cors\r\n" + evil, `"method":"POST",` + own + `"status":200,"bytes":5,"protocol":"HTTP/1.1","origin":"https://evil.example","kind":"opaque"`},
		{"POST / HTTP/1.1\r\nSec-Fetch-Mode: navigate\r\n" + evil, `"method":"POST",` + own + `"status":200,"bytes":5,"protocol":"HTTP/1.1","origin":"https://evil.example","kind":"navigation"`},
		{"GET /long HTTP/1.1\r\n", `"method":"GET","host":"api.example","path":"/long","route":"api.example/","policy":"app","status":200,"bytes":8388608,"protocol":"HTTP/1.1","kind":"none"`},
		{"GET /broken HTTP/1.1\r\n", `"method":"GET","host":"api.example","path":"/broken","route":"api.example/","policy":"app","status":200,"bytes":5,"protocol":"HTTP/1.1","kind":"none","aborted":true`},
		{"OPTIONS / HTTP/1.1\r\nAccess-Control-Request-Method: PUT\r\nOrigin: " + app + "\r\n", `"method":"OPTIONS",` + own + `"status":204,"bytes":0,"protocol":"HTTP/1.1","origin":"` + app + `","kind":"preflight","allowed":true,"reason":"permitted"`},
		{"OPTIONS / HTTP/1.1\r\nAccess-Control-Request-Method: DELETE\r\nOrigin: " + app + "\r\n", `"method":"OPTIONS",` + own + `"status":403,"bytes":0,"protocol":"HTTP/1.1","origin":"` + app + `","kind":"preflight","allowed":false,"reason":"method-not-allowed"`},
		{"GET /guarded HTTP/1.1\r\n" + evil, `"method":"GET","host":"api.example","path":"/guarded","route":"api.example/guarded","policy":"app","status":403,"bytes":235,"protocol":"HTTP/1.1","origin":"https://evil.example","kind":"actual","allowed":false,"reason":"hide_origin","answer":"origin-refused"`},
		{"GET /down HTTP/1.1\r\n", `"method":"GET","host":"api.example","path":"/down","route":"api.example/down","policy":"app","status":502,"bytes":188,"protocol":"HTTP/1.1","kind":"none","answer":"upstream-unreachable"`},
		{"TRACE / HTTP/1.1\r\n", `"method":"TRACE","host":"api.example","path":"/","route":"none","status":501,"bytes":131,"protocol":"HTTP/1.1","kind":"none","answer":"method-not-supported"`},
		{"GET /100% HTTP/1.1\r\n", `"method":"GET","host":"api.example","path":"/100%","route":"api.example/","policy":"app","status":400,"bytes":172,"kind":"none","answer":"malformed-request"`},
	} {
		for _, more := range []string{"", "X-Not-Plain: x\r\n"} { // which keeps preflights from the lane
			client := dial(t, g)
			if !strings.HasPrefix(row.request, "OPTIONS") {
				more += "Connection: close\r\n"
			}
			client.write(row.request + "Host: api.example\r\n" + more + "\r\n")
			if half, ok := client.conn.(*net.TCPConn); ok && strings.HasPrefix(row.request, "OPTIONS") {
				_ = half.CloseWrite()
			}
			_, _ = io.Copy(io.Discard, client.conn)
		}
		want := `{"client":"127.0.0.1",` + row.line + "}\n"
		if got := log.take(); got != want+want {
			t.Errorf("%q:\n%swant\n%s", row.request, got, want)
		}
	}
}

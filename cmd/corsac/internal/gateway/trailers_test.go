package gateway_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/gateway"
)

// notTrailers are fields that do not pass as trailers.
var notTrailers = []string{
	"X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Anything", "x_forwarded_for", "Forwarded", "X-Real-IP", "X-Original-URL", "X-Rewrite-URL",
	"Host", "Connection", "Keep-Alive", "TE", "Upgrade", "HTTP2-Settings", "Proxy-Authorization", "Proxy-Authenticate", "Proxy-Connection",
	"Authorization", "Cookie", "Origin", "Referer", "Sec-Fetch-Site", "Set-Cookie", "WWW-Authenticate", "Expect", "Range", "If-Match", "If-None-Match",
	"Cache-Control", "Pragma", "Max-Forwards", "Content-Type", "Content-Encoding", "Content-Range", "Location", "Vary", "Date", "Age", "Expires",
	"Access-Control-Allow-Origin", "access_control_allow_origin", "Access-Control-Request-Method", "Timing-Allow-Origin", "Cross-Origin-Resource-Policy",
	"Content-Security-Policy", "X-HTTP-Method-Override", "X-Hop", "Corsac-Debug",
}

// spellings are ways to write the name of a field.
func spellings(name string) []string {
	return []string{name, strings.ToLower(name), strings.ToUpper(name), strings.ReplaceAll(name, "-", "_")}
}

// TestRequestTrailersAreFiltered sends trailers, announced and not, that an
// upstream must not believe.
func TestRequestTrailersAreFiltered(t *testing.T) {
	got := make(chan http.Header, 1)
	g := startBefore(t, http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		got <- r.Trailer
	}))
	n := 0
	for _, name := range notTrailers {
		for _, spelling := range spellings(name) {
			for _, announced := range []string{"X-Sum", "X-Sum, " + spelling, spelling} {
				n++
				answer := send(t, g.URL, "PUT / HTTP/1.1\r\nHost: x\r\nConnection: close, X-Hop, X_Hop\r\n"+inChunks+"Trailer: "+announced+"\r\n\r\n"+
					"2\r\nhi\r\n0\r\nX-Sum: 42\r\n"+spelling+": evil\r\n\r\n")
				if !strings.HasPrefix(answer, "HTTP/1.1 200 ") {
					t.Fatalf("%s: %q", spelling, answer)
				}
				trailers := <-got
				want := map[bool][]string{true: {"X-Sum"}}[strings.HasPrefix(announced, "X-Sum")]
				if names := slices.Collect(maps.Keys(trailers)); !slices.Equal(names, want) {
					t.Errorf("%s, announced %q: %v has passed", spelling, announced, trailers)
				}
			}
		}
	}
	t.Logf("%d variants", n)
}

// TestResponseTrailersAreFiltered is the same for responses.
func TestResponseTrailersAreFiltered(t *testing.T) {
	const announces = "/announced/"
	upstream := behaviour{"h1", func(_ context.Context, conn net.Conn) {
		in := bufio.NewReader(conn)
		for {
			r, err := http.ReadRequest(in)
			if err != nil {
				return
			}
			name, announced := strings.CutPrefix(r.URL.Path, announces)
			name = strings.TrimPrefix(name, "/")
			line := "Trailer: X-Sum\r\n"
			if announced {
				line = "Trailer: " + name + ", X-Sum\r\n"
			}
			_, _ = fmt.Fprintf(conn, "HTTP/1.1 200 OK\r\nConnection: X-Hop, X_Hop\r\n%s%s\r\n2\r\nok\r\n0\r\n%s: evil\r\nX-Sum: 42\r\n\r\n", inChunks, line, name)
		}
	}}
	g := start(t, one(t, startHostile(t, t.Context(), upstream)), gateway.Options{})
	for _, name := range notTrailers {
		for _, spelling := range spellings(name) {
			for _, path := range []string{"/", announces} {
				res := do(t, http.MethodGet, g.URL+path+spelling, map[string]string{"Origin": app, "TE": "trailers"})
				checkOne(t, res.Header)
				if !slices.Equal(slices.Collect(maps.Keys(res.Trailer)), []string{"X-Sum"}) || res.Trailer.Get("X-Sum") != "42" {
					t.Errorf("%s%s: status %d, trailers %v", path, spelling, res.StatusCode, res.Trailer)
				}
			}
		}
	}
}

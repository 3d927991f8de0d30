package gateway_test

import (
	"bufio"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"net/url"
	"os"
	"path"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/config"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/gateway"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/testenv"
	"github.com/corsac-dev/corsac/cors"
	"github.com/corsac-dev/corsac/internal/pathread/pathtest"
)

// locations are path prefixes with the names of their policies. They are the
// routes of a gateway and the locations of the upstream, which responds with
// that name.
type locations map[string]string

var layouts = []locations{
	{"/public/": "lax", "/": "strict"},
	{"/public/": "lax", "/admin/": "strict"},
	{"/": "lax", "/mix/": "lax", "/mix/secret/": "strict"},
	{"/": "lax", "/pub/": "strict", "/pub/open/": "lax", "/caf\u00e9/": "strict"},
}

func (l locations) prefixes() (prefixes []string) {
	for prefix := range l {
		prefixes = append(prefixes, (&url.URL{Path: prefix}).EscapedPath())
	}
	slices.Sort(prefixes)
	return prefixes
}

// mux returns a mux with a location per prefix.
func (l locations) mux() *http.ServeMux {
	mux := http.NewServeMux()
	for prefix, policy := range l {
		location := func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, policy) }
		mux.HandleFunc(prefix, location)
		if whole := strings.TrimSuffix(prefix, "/"); whole != "" {
			mux.HandleFunc(whole, location)
		}
	}
	return mux
}

// startBefore serves a gateway with the same policies for the same prefixes.
// The policy "lax" allows only https://lax.example, and so on.
func (l locations) startBefore(t *testing.T, upstream string) served {
	t.Helper()
	c := &config.Config{Policies: map[string]cors.Policy{}}
	for prefix, policy := range l {
		c.Policies[policy] = cors.Policy{AllowOrigins: []string{"https://" + policy + ".example"}}
		c.Gateway.Routes = append(c.Gateway.Routes, config.Route{Path: prefix, Upstream: parseURL(t, upstream), Policy: policy})
	}
	return start(t, c, gateway.Options{})
}

// cleaning returns a server that decodes and cleans a path before routing,
// without a redirect.
func cleaning(mux http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		r.URL.Path, r.URL.RawPath = path.Clean(r.URL.Path), ""
		mux.ServeHTTP(w, r)
	})
}

// onWindows returns a cleaning server that ignores case and reads backslashes
// as slashes.
func onWindows(mux http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		r.URL.Path = strings.ToLower(strings.ReplaceAll(r.URL.Path, `\`, "/"))
		cleaning(mux).ServeHTTP(w, r)
	})
}

// TestReadingOfServers checks that no page reads what another policy protects,
// with any path.
func TestReadingOfServers(t *testing.T) {
	seed, err := strconv.ParseUint(os.Getenv("CORSAC_SEED"), 10, 64)
	if err != nil {
		seed = rand.Uint64()
	}
	t.Logf("CORSAC_SEED=%d", seed)
	for name, server := range map[string]func(http.Handler) http.Handler{
		"ServeMux":   func(mux http.Handler) http.Handler { return mux },
		"cleaning":   cleaning,
		"on Windows": onWindows,
	} {
		t.Run(name, func(t *testing.T) {
			for _, l := range layouts {
				g := l.startBefore(t, startServer(t, server(l.mux())))
				l.attack(t, g, rand.New(rand.NewPCG(seed, 0)), testenv.Rounds(150, 50))
			}
		})
	}
}

// attack sends n random paths to a gateway. It fails the test if a page reads
// the content of a location with a policy other than its own.
func (l locations) attack(t *testing.T, g served, r *rand.Rand, n int) {
	t.Helper()
	var client rawClient
	defer client.close()
	statuses, read := map[int]int{}, map[string]int{}
	prefixes := l.prefixes()
	for range n {
		target := pathtest.Path(r, prefixes)
		for _, page := range []string{"lax", "strict"} {
			res, body := client.get(t, g.address, target, "https://"+page+".example")
			statuses[res.StatusCode]++
			if res.Header.Get("Access-Control-Allow-Origin") == "" || res.StatusCode != http.StatusOK {
				continue
			}
			read[body]++
			if body != page {
				t.Errorf("routes %v: GET %s: a page of %s reads what is %s", l, target, page, body)
			}
		}
	}
	t.Logf("routes %v: statuses %v, read by pages %v", l, statuses, read)
	if read["lax"] == 0 || read["strict"] == 0 || statuses[http.StatusBadRequest] == 0 {
		t.Errorf("routes %v: nothing was read, or nothing refused: the test checks too little", l)
	}
}

// rawClient sends paths byte for byte, on one connection for as long as it
// lasts.
type rawClient struct {
	conn net.Conn
	r    *bufio.Reader
}

func (c *rawClient) close() {
	if c.conn != nil {
		c.conn.Close()
		c.conn = nil
	}
}

func (c *rawClient) get(t *testing.T, address, target, origin string) (res *http.Response, body string) {
	t.Helper()
	if c.conn == nil {
		conn, err := new(net.Dialer).DialContext(t.Context(), "tcp", address)
		if err != nil {
			t.Fatal(err)
		}
		c.conn, c.r = conn, bufio.NewReader(conn)
	}
	_ = c.conn.SetDeadline(time.Now().Add(30 * time.Second))
	fmt.Fprintf(c.conn, "GET %s HTTP/1.1\r\nHost: gateway.example\r\nOrigin: %s\r\n\r\n", target, origin)
	res, err := http.ReadResponse(c.r, nil)
	if err != nil {
		t.Fatalf("GET %s: %v", target, err)
	}
	defer res.Body.Close()
	content, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatalf("GET %s: %v", target, err)
	}
	if res.Close {
		c.close()
	}
	return res, string(content)
}

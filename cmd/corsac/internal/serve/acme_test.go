package serve_test

import (
	"encoding/pem"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/letsencrypt/pebble/v2/ca"
	"github.com/letsencrypt/pebble/v2/db"
	"github.com/letsencrypt/pebble/v2/va"
	"github.com/letsencrypt/pebble/v2/wfe"
	"github.com/miekg/dns"
)

// startNames starts a DNS server for which every name is this machine.
func startNames(t *testing.T) string {
	t.Helper()
	l, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0") // Pebble asks over TCP
	if err != nil {
		t.Fatal(err)
	}
	s := &dns.Server{Listener: l, Handler: dns.HandlerFunc(func(w dns.ResponseWriter, q *dns.Msg) {
		m := new(dns.Msg)
		m.SetReply(q)
		if q.Question[0].Qtype == dns.TypeA {
			m.Answer = append(m.Answer, &dns.A{
				Hdr: dns.RR_Header{Name: q.Question[0].Name, Rrtype: dns.TypeA, Class: dns.ClassINET, Ttl: 1}, A: net.IPv4(127, 0, 0, 1),
			})
		}
		_ = w.WriteMsg(m)
	})}
	go func() { _ = s.ActivateAndServe() }()
	t.Cleanup(func() { _ = s.Shutdown() })
	return l.Addr().String()
}

// startPebble starts an ACME authority that connects to ports of this machine, and
// returns its directory and the file with its root.
func startPebble(t *testing.T, httpPort, tlsPort int, names string) (directory, roots string) {
	t.Helper()
	t.Setenv("PEBBLE_VA_NOSLEEP", "1")
	quiet := log.New(io.Discard, "", 0)
	store := db.NewMemoryStore()
	authority := ca.New(quiet, store, "", "ecdsa", 0, 1, map[string]ca.Profile{"default": {Description: "all"}})
	checks := va.New(quiet, httpPort, tlsPort, false, names, store)
	front := wfe.New(quiet, store, checks, authority, []string{"pebble.letsencrypt.org"}, false, false, 0, 0)
	s := httptest.NewTLSServer(front.Handler())
	t.Cleanup(s.Close)
	roots = filepath.Join(t.TempDir(), "roots.pem")
	write(t, roots, string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: s.Certificate().Raw})))
	return s.URL + wfe.DirectoryPath, roots
}

// freePort returns a port that nobody uses at the moment.
func freePort(t *testing.T) int {
	t.Helper()
	l, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port
}

// TestACME gets certificates from Pebble, which can reach either of the two ports, so
// that both challenges are needed.
func TestACME(t *testing.T) {
	for _, challenge := range []string{"TLS-ALPN-01", "HTTP-01"} {
		t.Run(challenge, func(t *testing.T) {
			secure, plain := freePort(t), freePort(t)
			other := httptest.NewUnstartedServer(http.NotFoundHandler()) // somebody else's
			other.Config.ErrorLog = log.New(io.Discard, "", 0)
			reachable := [2]int{other.Listener.Addr().(*net.TCPAddr).Port, secure}
			if challenge == "HTTP-01" {
				reachable = [2]int{plain, reachable[0]}
				other.StartTLS()
			} else {
				other.Start()
			}
			defer other.Close()
			directory, roots := startPebble(t, reachable[0], reachable[1], startNames(t))
			dir := t.TempDir()
			text := secureFile(echo(t), "{acme: {domains: [api.example.com], directory: \""+directory+"\", roots: \""+roots+"\", storage: acme}}")
			text = strings.Replace(text, "plain_listen: localhost:0", "plain_listen: 127.0.0.1:"+strconv.Itoa(plain), 1)
			text = strings.Replace(text, `listen: "127.0.0.1:0"`, `listen: "127.0.0.1:`+strconv.Itoa(secure)+`"`, 1)
			s := run(t, filepath.Join(dir, "corsac.yaml"), text, nil)
			await(t, "a certificate is there", func() bool {
				got, err := s.tryAsk("api.example.com", "GET", "/", true, "Origin: "+first)
				return err == nil && strings.HasPrefix(got.response.TLS.PeerCertificates[0].Issuer.CommonName, "Pebble") &&
					got.response.Header.Get("Access-Control-Allow-Origin") == first
			})
			await(t, "the log says so", func() bool { return strings.Contains(s.log.String(), "certificate issued") })
			if _, err := s.tryAsk("other.example.com", "GET", "/", true); err == nil {
				t.Error("there is a certificate for another name")
			}
		})
	}
}

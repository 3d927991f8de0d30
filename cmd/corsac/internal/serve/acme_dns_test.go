package serve_test

import (
	"encoding/base64"
	"net"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/miekg/dns"
)

const secret = "a secret that nobody may see"

// zone is a DNS server for example.com that takes updates that corsac's key has
// signed.
type zone struct {
	mu      sync.Mutex
	records map[string][]string
	refused int
	changes int
}

// startZone starts it, over TCP and UDP.
func startZone(t *testing.T) (*zone, string) {
	t.Helper()
	z := &zone{records: map[string][]string{}}
	l, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p, err := new(net.ListenConfig).ListenPacket(t.Context(), "udp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range []*dns.Server{{Listener: l}, {PacketConn: p}} {
		s.Handler, s.MsgAcceptFunc = z, func(dns.Header) dns.MsgAcceptAction { return dns.MsgAccept }
		s.TsigSecret = map[string]string{"corsac.": base64.StdEncoding.EncodeToString([]byte(secret))}
		go func() { _ = s.ActivateAndServe() }()
		t.Cleanup(func() { _ = s.Shutdown() })
	}
	return z, l.Addr().String()
}

// ServeDNS implements [dns.Handler].
func (z *zone) ServeDNS(w dns.ResponseWriter, q *dns.Msg) {
	z.mu.Lock()
	defer z.mu.Unlock()
	m := new(dns.Msg).SetReply(q)
	name := strings.ToLower(q.Question[0].Name)
	soa := &dns.SOA{Hdr: dns.RR_Header{Name: "example.com.", Rrtype: dns.TypeSOA, Class: dns.ClassINET}, Ns: "ns.example.com.", Mbox: "ops.example.com."}
	switch {
	case q.Opcode == dns.OpcodeUpdate:
		if q.IsTsig() == nil || w.TsigStatus() != nil || name != "example.com." {
			z.refused++
			m.Rcode = dns.RcodeRefused
			break
		}
		z.changes++
		for _, r := range q.Ns {
			owner := strings.ToLower(r.Header().Name)
			if txt, ok := r.(*dns.TXT); ok && r.Header().Class == dns.ClassINET {
				z.records[owner] = append(z.records[owner], txt.Txt...)
			} else {
				delete(z.records, owner)
			}
		}
		m.SetTsig("corsac.", dns.HmacSHA256, 300, int64(q.IsTsig().TimeSigned))
	case q.Question[0].Qtype == dns.TypeTXT:
		for _, text := range z.records[name] {
			m.Answer = append(m.Answer, &dns.TXT{Hdr: dns.RR_Header{Name: q.Question[0].Name, Rrtype: dns.TypeTXT, Class: dns.ClassINET}, Txt: []string{text}})
		}
	case q.Question[0].Qtype == dns.TypeSOA && name == "example.com.":
		m.Answer = append(m.Answer, soa)
	default:
		m.Ns = append(m.Ns, soa)
	}
	_ = w.WriteMsg(m)
}

// TestACMEByDNS gets a certificate for a wildcard from Pebble, which can reach no port
// of the gateway.
func TestACMEByDNS(t *testing.T) {
	z, server := startZone(t)
	directory, roots := startPebble(t, freePort(t), freePort(t), server)
	dir := t.TempDir()
	write(t, filepath.Join(dir, "key"), base64.StdEncoding.EncodeToString([]byte(secret))+"\n")
	text := secureFile(echo(t), "{acme: {domains: [\"*.example.com\"], directory: \""+directory+"\", roots: \""+roots+"\", storage: acme, dns: {server: \""+server+"\", key_name: corsac, key_file: key, delay: 1ms}}}")
	s := run(t, filepath.Join(dir, "corsac.yaml"), text, nil)
	await(t, "a certificate is there", func() bool {
		got, err := s.tryAsk("api.example.com", "GET", "/", true, "Origin: "+first)
		return err == nil && strings.HasPrefix(got.response.TLS.PeerCertificates[0].Issuer.CommonName, "Pebble")
	})
	z.mu.Lock()
	defer z.mu.Unlock()
	if len(z.records) > 0 || z.changes != 2 || z.refused > 0 {
		t.Errorf("%d changes, %d refused, left: %v", z.changes, z.refused, z.records)
	}
}

// TestACMEByDNSRefused checks that the log says that the DNS server does not take
// updates, without the key.
func TestACMEByDNSRefused(t *testing.T) {
	_, server := startZone(t)
	directory, roots := startPebble(t, freePort(t), freePort(t), server)
	t.Setenv("CORSAC_TEST_KEY", base64.StdEncoding.EncodeToString([]byte(secret+"!")))
	text := secureFile(echo(t), "{acme: {domains: [other.example.com], directory: \""+directory+"\", roots: \""+roots+"\", storage: acme, dns: {server: \""+server+"\", key_name: corsac, key_env: CORSAC_TEST_KEY, delay: 1ms}}}")
	s := run(t, filepath.Join(t.TempDir(), "corsac.yaml"), text, nil)
	await(t, "the log says so", func() bool { return strings.Contains(s.log.String(), "no certificate has been issued") })
	if log := s.log.String(); strings.Contains(log, "YSBzZWNyZXQ") || !strings.Contains(log, "DNS server "+server) {
		t.Errorf("%s", log)
	}
}

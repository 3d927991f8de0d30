package main

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/json"
	"encoding/pem"
	"io"
	"math/big"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"
)

const soakOrigin = "https://app.example.com"

// soaked is corsac serve, as users run it.
type soaked struct {
	*program

	t              *testing.T
	dir            string
	address, admin string
	log            *tail
}

// tail is the end of a log, which is read as fast as it is written.
type tail struct {
	mu    sync.Mutex
	lines []string
}

func (l *tail) add(line string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.lines) == 2000 {
		l.lines = l.lines[1000:]
	}
	l.lines = append(l.lines, line)
}

// has reports whether a line contains a text.
func (l *tail) has(text string) bool { return strings.Contains(l.String(), text) }

func (l *tail) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return strings.Join(l.lines, "\n")
}

// soakFile returns a configuration. What is after the policy's origins and what is in
// gateway besides addresses and routes can vary.
func soakFile(policy, more string, routes ...string) string {
	return "policies:\n  app: {allow_origins: [" + soakOrigin + "], allow_methods: [PUT]" + policy + "}\n" +
		"gateway:\n  listen: 127.0.0.1:0\n  admin: localhost:0\n" + more + "  routes:\n    - " + strings.Join(routes, "\n    - ") + "\n"
}

// soakGateway starts corsac serve with a file in a folder. The words before are
// another program that runs it.
func soakGateway(t *testing.T, before []string, dir, text string, flags ...string) *soaked {
	t.Helper()
	if runtime.GOOS != "linux" {
		t.Skip("elsewhere, a process does not know all figures of itself")
	}
	g := &soaked{t: t, dir: dir, log: &tail{}}
	g.write("corsac.yaml", text)
	g.program = start(t, before, append([]string{"serve", "-c", filepath.Join(dir, "corsac.yaml"), "--log-format", "json"}, flags...)...)
	g.address = g.await(t, `"address":"([^"]+)"`)
	g.admin = g.await(t, `"admin":"([^"]+)"`)
	go func() {
		for line := range g.lines {
			g.log.add(line)
		}
	}()
	t.Cleanup(func() {
		_ = g.Process.Kill()
		if log := g.log.String(); t.Failed() || strings.Contains(log, "DATA RACE") || strings.Contains(log, "panic") {
			t.Errorf("the end of the log:\n%s", log[max(0, len(log)-6000):])
		}
	})
	return g
}

// stop ends the gateway with SIGTERM and checks that it ends well.
func (g *soaked) stop() {
	g.t.Helper()
	_ = g.Process.Signal(syscall.SIGTERM)
	if err := g.end(); err != nil {
		g.t.Errorf("it ended with %v", err)
	}
}

// write replaces a file at once, as those do that care.
func (g *soaked) write(name, text string) {
	g.t.Helper()
	beside := filepath.Join(g.dir, name+".new")
	if err := os.WriteFile(beside, []byte(text), 0o600); err != nil {
		g.t.Fatal(err)
	}
	if err := os.Rename(beside, filepath.Join(g.dir, name)); err != nil {
		g.t.Fatal(err)
	}
}

// certificate makes a certificate for localhost, with its number, in two files.
func (g *soaked) certificate(serial int64) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		g.t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(serial), Subject: pkix.Name{CommonName: "localhost"}, DNSNames: []string{"localhost"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(24 * time.Hour),
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		g.t.Fatal(err)
	}
	private, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		g.t.Fatal(err)
	}
	g.write("cert.pem", string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})))
	g.write("key.pem", string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: private})))
}

// soakAdmin has one connection, so that asking changes no figures.
var soakAdmin = &http.Client{Transport: &http.Transport{MaxConnsPerHost: 1, MaxIdleConnsPerHost: 1}, Timeout: 30 * time.Second}

// ask asks the admin address.
func (g *soaked) ask(method, path string) string {
	g.t.Helper()
	r, err := http.NewRequestWithContext(g.t.Context(), method, "http://"+g.admin+path, nil)
	if err != nil {
		g.t.Error(err)
		return ""
	}
	res, err := soakAdmin.Do(r)
	if err != nil {
		g.t.Error(err)
		return ""
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil || res.StatusCode != http.StatusOK {
		g.t.Errorf("%s: %s %v", path, res.Status, err)
	}
	return string(body)
}

// figures are the values of metrics, by name, and then by labels: name=value,…
type figures map[string]map[string]float64

func (g *soaked) figures() figures {
	g.t.Helper()
	parser := expfmt.NewTextParser(model.UTF8Validation)
	families, err := parser.TextToMetricFamilies(strings.NewReader(g.ask(http.MethodGet, "/metrics")))
	if err != nil {
		g.t.Error(err)
	}
	all := figures{}
	for name, family := range families {
		all[name] = map[string]float64{}
		for _, m := range family.GetMetric() {
			var labels []string
			for _, l := range m.GetLabel() {
				labels = append(labels, l.GetName()+"="+l.GetValue())
			}
			all[name][strings.Join(labels, ",")] = m.GetCounter().GetValue() + m.GetGauge().GetValue() + float64(m.GetHistogram().GetSampleCount())
		}
	}
	return all
}

// one returns a figure without labels.
func (f figures) one(name string) float64 { return f[name][""] }

// sum returns the sum of a metric over the labels that match.
func (f figures) sum(name, labels string) (sum float64) {
	re := regexp.MustCompile(labels)
	for of, n := range f[name] {
		if re.MatchString(of) {
			sum += n
		}
	}
	return sum
}

// status is what /status says.
type soakStatus struct {
	Hash             string
	Reloads, Refused int
}

func (g *soaked) status() (s soakStatus) {
	g.t.Helper()
	if err := json.Unmarshal([]byte(g.ask(http.MethodGet, "/status")), &s); err != nil {
		g.t.Error(err)
	}
	return s
}

// soakAwait waits until a condition is true, and reports whether it has become so.
func soakAwait(is func() bool) bool {
	for deadline := time.Now().Add(30 * time.Second); time.Now().Before(deadline); time.Sleep(20 * time.Millisecond) {
		if is() {
			return true
		}
	}
	return false
}

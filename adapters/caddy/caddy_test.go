package corsaccaddy_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"net"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"text/template"
	"time"

	"github.com/caddyserver/caddy/v2"
	"github.com/caddyserver/caddy/v2/caddyconfig"
	_ "github.com/caddyserver/caddy/v2/modules/caddyhttp/caddyauth"
	_ "github.com/caddyserver/caddy/v2/modules/caddyhttp/headers"
	_ "github.com/caddyserver/caddy/v2/modules/caddyhttp/requestbody"
	_ "github.com/caddyserver/caddy/v2/modules/caddyhttp/reverseproxy"
	_ "github.com/caddyserver/caddy/v2/modules/caddyhttp/rewrite"
	_ "github.com/caddyserver/caddy/v2/modules/logging"
	_ "github.com/caddyserver/caddy/v2/modules/metrics"

	_ "github.com/corsac-dev/corsac/adapters/caddy"
)

const (
	app  = "https://app.example.com"
	evil = "https://evil.example"
)

func TestMain(m *testing.M) { os.Exit(run(m)) }

// run keeps Caddy out of the home of whoever runs the tests.
func run(m *testing.M) int {
	home, err := os.MkdirTemp("", "corsaccaddy")
	if err != nil {
		panic(err)
	}
	defer func() { _ = os.RemoveAll(home) }()
	for _, name := range []string{"HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME"} {
		if err := os.Setenv(name, home); err != nil {
			panic(err)
		}
	}
	caddy.DefaultStorage.Path = home
	return m.Run()
}

// server is a Caddy in this process. There is one at a time.
type server struct {
	Upstream         string // what reverse_proxy leads to, host:port
	Dead             string // a port on which nothing listens
	HTTP, HTTPS      string // its own addresses
	Certificate, Key string
	Log              string
	Policies         string // a policy file
	template         string // the Caddyfile
}

const global = `{
	admin off
	default_bind 127.0.0.1
	persist_config off
	auto_https off
	log default {
		output file {{.Log}}
		format json
		level INFO
	}
}
`

// start runs a Caddyfile, which is a template of a server, with a policy file.
func start(t *testing.T, policies, text string) *server {
	t.Helper()
	up := httptest.NewServer(upstream())
	t.Cleanup(up.Close)
	dir := t.TempDir()
	s := &server{
		Upstream: up.Listener.Addr().String(), Dead: free(t), HTTP: free(t), HTTPS: free(t),
		Log: filepath.Join(dir, "log"), Policies: filepath.Join(dir, "corsac.yaml"), template: text,
	}
	s.certify(t, dir)
	s.reload(t, policies)
	t.Cleanup(func() {
		if err := caddy.Stop(); err != nil {
			t.Error(err)
		}
	})
	return s
}

// reload writes the policy file and does what "caddy reload" does.
func (s *server) reload(t *testing.T, policies string) {
	t.Helper()
	write(t, s.Policies, policies)
	config, err := s.adapt(t)
	if err == nil {
		err = caddy.Load(config, false)
	}
	if err != nil {
		t.Fatal(err)
	}
}

func (s *server) adapt(t *testing.T) ([]byte, error) {
	t.Helper()
	var text strings.Builder
	if err := template.Must(template.New("").Parse(global+s.template)).Execute(&text, s); err != nil {
		t.Fatal(err)
	}
	config, _, err := caddyconfig.GetAdapter("caddyfile").Adapt([]byte(text.String()), map[string]any{"filename": filepath.Join(filepath.Dir(s.Policies), "Caddyfile")})
	return config, err
}

func write(t *testing.T, file, text string) {
	t.Helper()
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// free returns an address on which nothing listens.
func free(t *testing.T) string {
	t.Helper()
	l, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

func (s *server) certify(t *testing.T, dir string) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	leaf := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "localhost"}, DNSNames: []string{"localhost"},
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
	}
	der, err := x509.CreateCertificate(rand.Reader, leaf, leaf, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	secret, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	s.Certificate, s.Key = filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")
	write(t, s.Certificate, string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})))
	write(t, s.Key, string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: secret})))
}

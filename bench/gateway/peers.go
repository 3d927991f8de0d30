//go:build linux

package main

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"embed"
	"encoding/pem"
	"errors"
	"fmt"
	"math/big"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"text/template"
	"time"

	"github.com/corsac-dev/corsac/bench/internal/rig"
)

// site is what the configuration of a gateway needs to know. Its fields and
// methods are those of the templates in the folder peers.
type site struct {
	Dir                    string // for its files
	Upstream               string // host:port
	Listen, TLS            string // host:port, for http and https
	Certificate, Key, Both string // PEM files
}

// gateway is something that is measured.
type gateway struct {
	name    string
	command func(ctx context.Context, s *site) (*exec.Cmd, error)
	// secure is the command of another process for https. Nil means that the first one
	// serves both.
	secure func(ctx context.Context, s *site) (*exec.Cmd, error)
}

// The gateways of others, which are both measured and compared.
var (
	nginx   = &gateway{name: "nginx", command: program("nginx.conf", "nginx", "-c")}
	haproxy = &gateway{name: "HAProxy", command: program("haproxy.cfg", "haproxy", "-db", "-f")}
	caddy   = &gateway{name: "Caddy", command: program("Caddyfile", "caddy", "run", "--adapter", "caddyfile", "--config")}
	traefik = &gateway{name: "Traefik", command: traefikCommand}
)

// program returns how to run an installed program with a file of the folder peers.
func program(file string, command ...string) func(context.Context, *site) (*exec.Cmd, error) {
	return func(ctx context.Context, s *site) (*exec.Cmd, error) {
		path, err := exec.LookPath(command[0])
		if err != nil {
			return nil, err
		}
		config := filepath.Join(s.Dir, file)
		if err := s.write(file, config); err != nil {
			return nil, err
		}
		return exec.CommandContext(ctx, path, append(command[1:], config)...), nil //nolint:gosec // a program of the table
	}
}

//go:embed peers
var peers embed.FS

// write writes a file of the folder peers for the site.
func (s *site) write(name, to string) error {
	t, err := template.ParseFS(peers, "peers/"+name)
	if err != nil {
		return err
	}
	f, err := os.Create(to)
	if err != nil {
		return err
	}
	return errors.Join(t.Execute(f, s), f.Close())
}

// Port returns the port for http.
func (s *site) Port() string { return s.Listen[strings.LastIndexByte(s.Listen, ':')+1:] }

// TLSPort returns the port for https.
func (s *site) TLSPort() string { return s.TLS[strings.LastIndexByte(s.TLS, ':')+1:] }

// newSite returns a site of its own for a gateway.
func newSite(ctx context.Context, dir, name, upstream string) (*site, error) {
	s := &site{Dir: filepath.Join(dir, name), Upstream: upstream}
	if err := os.Mkdir(s.Dir, 0o700); err != nil {
		return nil, err
	}
	for _, address := range []*string{&s.Listen, &s.TLS} {
		var err error
		if *address, err = rig.FreeAddress(ctx); err != nil {
			return nil, err
		}
	}
	return s, s.certify()
}

// certify writes a certificate for localhost.
func (s *site) certify() error {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return err
	}
	leaf := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "localhost"}, DNSNames: []string{"localhost"},
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(24 * time.Hour),
	}
	der, err := x509.CreateCertificate(rand.Reader, leaf, leaf, &key.PublicKey, key)
	if err != nil {
		return err
	}
	secret, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return err
	}
	certificate := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
	private := pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: secret})
	for name, file := range map[string]struct {
		path *string
		text []byte
	}{
		"cert.pem": {&s.Certificate, certificate}, "key.pem": {&s.Key, private}, "both.pem": {&s.Both, append(certificate, private...)},
	} {
		*file.path = filepath.Join(s.Dir, name)
		if err := os.WriteFile(*file.path, file.text, 0o600); err != nil {
			return err
		}
	}
	return nil
}

// running is a gateway that runs.
type running struct {
	*gateway

	plain, secure *rig.Child // perhaps one process, at two addresses
}

// start starts a gateway. One that is not installed is nil.
func (g *gateway) start(ctx context.Context, dir, upstream string) (*running, error) {
	s, err := newSite(ctx, dir, g.name, upstream)
	if err != nil {
		return nil, err
	}
	r := &running{gateway: g}
	if r.plain, err = g.run(ctx, g.command, s, s.Listen); err != nil || r.plain == nil {
		return nil, err
	}
	if err := r.ready(ctx); err != nil {
		return nil, err
	}
	if g.secure == nil {
		r.secure = r.plain.At(s.TLS)
		return r, nil
	}
	r.secure, err = g.run(ctx, g.secure, s, s.TLS)
	return r, err
}

// ready waits until the gateway has its routes. Traefik listens before it does, and
// until then closes connections or answers 404.
func (r *running) ready(ctx context.Context) error {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+r.plain.Address+"/1024", nil)
	if err != nil {
		return err
	}
	request.Host, request.Close = host, true
	for end := time.Now().Add(patience); time.Now().Before(end); time.Sleep(20 * time.Millisecond) {
		var answer *http.Response
		if answer, err = http.DefaultTransport.RoundTrip(request); err != nil {
			continue
		}
		if err = answer.Body.Close(); answer.StatusCode != http.StatusNotFound {
			return err
		}
	}
	return errors.Join(errors.New("it has no routes"), err)
}

// run runs a command that serves at an address. One that is not installed is nil.
func (g *gateway) run(ctx context.Context, command func(context.Context, *site) (*exec.Cmd, error), s *site, address string) (*rig.Child, error) {
	cmd, err := command(ctx, s)
	if errors.Is(err, exec.ErrNotFound) {
		fmt.Fprintf(os.Stderr, "%s is left out: %v\n", g.name, err)
		return nil, nil //nolint:nilnil // as documented
	}
	if err != nil {
		return nil, err
	}
	child, err := rig.Start(ctx, g.name, address, rig.OneProcessor(cmd))
	if err != nil {
		return nil, err
	}
	return child, rig.Pin(child.Pid(), rig.First)
}

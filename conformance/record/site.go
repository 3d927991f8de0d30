package record

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	_ "embed"
	"fmt"
	"math/big"
	"net"
	"strconv"
	"strings"
	"time"

	"github.com/corsac-dev/corsac/conformance"
	"github.com/corsac-dev/corsac/conformance/chromium"
)

// The origins of cases. They are only names: each run has other ports.
const (
	pageOrigin  = "http://localhost:4100"
	apiOrigin   = "http://localhost:4101"
	api2Origin  = "http://127.0.0.1:4102"
	api3Origin  = "http://127.0.0.1:4103"
	apisOrigin  = "https://localhost:4104"
	pagesOrigin = "https://localhost:4105"
	// The hosts of these are not known to be on this machine, so plain http is
	// not potentially trustworthy.
	appOrigin    = "http://app.corsac.test:4106"
	namedOrigin  = "http://api.corsac.test:4107"
	otherOrigin  = "http://other.test:4108"
	appsOrigin   = "https://app.corsac.test:4109"
	namedsOrigin = "https://api.corsac.test:4110"
	othersOrigin = "https://other.test:4111"
)

// siteOrigins are all of them.
var siteOrigins = []string{
	pageOrigin, apiOrigin, api2Origin, api3Origin, apisOrigin, pagesOrigin, appOrigin, namedOrigin, otherOrigin,
	appsOrigin, namedsOrigin, othersOrigin,
}

// namedHosts are the hosts that need a resolver.
var namedHosts = []string{"app.corsac.test", "api.corsac.test", "other.test"}

// cookieName is the cookie that shows whether a request includes credentials.
// It is secure, so plain http to named hosts never has it.
const cookieName = "oracle"

// cookieOrigins has an origin of every host.
var cookieOrigins = []string{pageOrigin, api2Origin, appsOrigin, namedsOrigin, othersOrigin}

// sandboxPath begins the paths of documents with an opaque origin.
const sandboxPath = "/sandbox"

// page is a document in which cases run.
type page struct{ origin, path string }

var pages = map[string]page{
	"page": {pageOrigin, "/runner"}, "null": {pageOrigin, sandboxPath}, "pages": {pagesOrigin, "/runner"},
	"app": {appOrigin, "/runner"}, "apps": {appsOrigin, "/runner"},
}

//go:embed page.html
var pageHTML string

// ports translates between fixed and real ports.
type ports struct{ real, fixed *strings.Replacer }

// Real implements conformance.Names.
func (p ports) Real(text string) string { return p.real.Replace(text) }

// Fixed implements conformance.Names.
func (p ports) Fixed(text string) string { return p.fixed.Replace(text) }

// site is the servers of all cases.
type site struct {
	host      *conformance.Host
	names     ports
	listeners []net.Listener
}

// openSite listens on a port for each origin.
func openSite() (*site, error) {
	certificate, err := selfSigned()
	if err != nil {
		return nil, err
	}
	s := &site{}
	var toReal, toFixed []string
	for _, at := range siteOrigins {
		l, port, err := chromium.Listen()
		if err != nil {
			s.close()
			return nil, err
		}
		if strings.HasPrefix(at, "https:") {
			l = tls.NewListener(l, &tls.Config{Certificates: []tls.Certificate{certificate}, MinVersion: tls.VersionTLS12})
		}
		s.listeners = append(s.listeners, l)
		f, r := at[strings.LastIndexByte(at, ':'):], ":"+strconv.Itoa(port)
		toReal, toFixed = append(toReal, f, r), append(toFixed, r, f)
	}
	s.names = ports{strings.NewReplacer(toReal...), strings.NewReplacer(toFixed...)}
	s.host = conformance.NewHost(s.names)
	s.serveDocuments()
	for i, l := range s.listeners {
		go s.host.ServeListener(l, siteOrigins[i])
	}
	return s, nil
}

// policies are the referrer policies of pages; "" means none.
var policies = []string{
	"", "no-referrer", "no-referrer-when-downgrade", "same-origin", "origin", "strict-origin", "origin-when-cross-origin",
	"strict-origin-when-cross-origin", "unsafe-url",
}

// serveDocuments adds the documents in which cases run, with each policy.
func (s *site) serveDocuments() {
	html := []kv{{"Content-Type", "text/html"}, {"Cache-Control", "no-store"}}
	s.host.Serve("/empty", &resp{Status: 200, Headers: html})
	s.host.Serve("/open", &resp{Status: 200, Headers: []kv{
		{"Access-Control-Allow-Origin", "*"}, {"Access-Control-Allow-Methods", "PUT"}, {"Access-Control-Max-Age", "600"}, {"Cache-Control", "no-store"},
	}})
	for _, p := range policies {
		headers := html
		if p != "" {
			headers = append(headers[:len(headers):len(headers)], kv{"Referrer-Policy", p})
		}
		s.host.Serve("/runner"+suffix(p), &resp{Status: 200, Headers: headers, Body: pageHTML})
		s.host.Serve(sandboxPath+suffix(p), &resp{
			Status: 200, Headers: append(headers[:len(headers):len(headers)], kv{"Content-Security-Policy", "sandbox allow-scripts"}), Body: pageHTML,
		})
	}
}

// suffix returns the part of a document's path that stands for its policy.
func suffix(policy string) string {
	if policy == "" {
		return ""
	}
	return "/" + policy
}

func (s *site) close() {
	for _, l := range s.listeners {
		_ = l.Close()
	}
}

// document returns the URL of the document in which a case runs.
func (s *site) document(c *conformance.Case) (string, error) {
	p, ok := pages[c.Page]
	if !ok {
		return "", fmt.Errorf("there is no page %q", c.Page)
	}
	return s.names.Real(p.origin + p.path + suffix(c.Policy) + "?who=" + c.Page), nil
}

// selfSigned makes a certificate that browsers accept only because they are
// made to.
func selfSigned() (tls.Certificate, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return tls.Certificate{}, err
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(24 * time.Hour), DNSNames: append(namedHosts, "localhost"),
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, err
}

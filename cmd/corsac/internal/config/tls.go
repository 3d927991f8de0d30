package config

import (
	"bytes"
	"fmt"
	"net/mail"
	"net/netip"
	"net/url"
	"path/filepath"
	"strings"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/finding"
	"github.com/corsac-dev/corsac/internal/yamlread"
)

// TLS says where the certificates of a gateway come from: from files, from an ACME
// authority, from both, or from the local CA.
type TLS struct {
	// Certificates are pairs of files. Of those that suit a client, it gets the first,
	// and if none does, the first of all.
	Certificates []Certificate
	// ACME is nil without an authority.
	ACME *ACME
	// Local takes certificates from the CA of corsac trust, for localhost only.
	Local bool
}

// Certificate is a certificate with what leads to its root, and its key, as PEM.
type Certificate struct {
	Cert, Key string

	cert, key finding.Place // in the configuration
}

// Place returns where the configuration names one of the two files.
func (c *Certificate) Place(file string) *finding.Place {
	if file == c.Key {
		return &c.key
	}
	return &c.cert
}

// ACME is an authority that issues certificates by itself (RFC 8555).
type ACME struct {
	// Domains are the names for which there are certificates.
	Domains []string
	// Email is the address to which the authority may write; "" for none.
	Email string
	// Directory is the URL of the authority; "" means Let's Encrypt.
	Directory string
	// Roots is a file with the roots that the authority's own certificate may have; ""
	// means those of the system.
	Roots string
	// DNS, if not nil, proves to the authority by the DNS alone whose the names are.
	DNS *ACMEDNS
	// Storage is the folder of keys and certificates; "" means one of the user.
	Storage string
}

// beside makes the names of files relative to the folder of the configuration.
func (t *TLS) beside(file string) {
	if t == nil {
		return
	}
	move := func(name *string) {
		if *name != "" && !filepath.IsAbs(*name) {
			*name = filepath.Join(filepath.Dir(file), *name)
		}
	}
	for i := range t.Certificates {
		move(&t.Certificates[i].Cert)
		move(&t.Certificates[i].Key)
		t.Certificates[i].cert.File, t.Certificates[i].key.File = file, file
	}
	if t.ACME != nil {
		move(&t.ACME.Roots)
		move(&t.ACME.Storage)
		if t.ACME.DNS != nil {
			move(&t.ACME.DNS.KeyFile)
		}
	}
}

// tls reads where certificates come from.
func (r *reader) tls(v yamlread.Value) *TLS {
	t, before := &TLS{}, r.Mistakes()
	r.Fields(v, yamlread.Fields{
		"certificates": func(v yamlread.Value) {
			for _, item := range r.Items(v, "a list of certificates", `begin each with "- "`) {
				var c Certificate
				r.Fields(item, yamlread.Fields{"cert": r.placed(&c.Cert, &c.cert), "key": r.placed(&c.Key, &c.key)}, false)
				if (c.Cert == "" || c.Key == "") && r.Mistakes() == before {
					r.Refuse(item.Place, Error{Code: CodeTLSInvalid, Why: "a certificate has two files", Fix: "write {cert: FILE, key: FILE}"})
				}
				t.Certificates = append(t.Certificates, c)
			}
		},
		"acme":  func(v yamlread.Value) { t.ACME = r.acme(v) },
		"local": r.Bool(&t.Local),
	}, false)
	fix := "write one of certificates: [{cert: FILE, key: FILE}], acme: {domains: [api.example.com]} and local: true"
	switch {
	case r.Mistakes() > before:
	case t.Local && (len(t.Certificates) > 0 || t.ACME != nil):
		r.Refuse(v.Place, Error{Code: CodeTLSInvalid, Why: "the local CA is for development, and cannot stand beside others", Fix: fix})
	case !t.Local && len(t.Certificates) == 0 && t.ACME == nil:
		r.Refuse(v.Place, Error{Code: CodeTLSInvalid, Why: "it does not say where certificates come from", Fix: fix})
	}
	return t
}

// placed reads a text, and where it is.
func (r *reader) placed(text *string, at *finding.Place) func(yamlread.Value) {
	return func(v yamlread.Value) {
		*at = finding.Place{Line: v.Place.Line, Column: v.Place.Column, Field: v.Place.Field}
		r.Text(text)(v)
	}
}

// acme reads an ACME authority.
func (r *reader) acme(v yamlread.Value) *ACME {
	a, before := &ACME{}, r.Mistakes()
	var places []yamlread.Place
	r.Fields(v, yamlread.Fields{
		"domains": r.Texts(&a.Domains, &places), "roots": r.Text(&a.Roots), "storage": r.Text(&a.Storage),
		"dns": func(v yamlread.Value) { a.DNS = r.acmeDNS(v) },
		"email": func(v yamlread.Value) {
			r.Text(&a.Email)(v)
			if m, err := mail.ParseAddress(a.Email); a.Email != "" && (err != nil || m.Address != a.Email) {
				r.Refuse(v.Place, Error{Code: CodeACMEInvalid, Value: a.Email, Why: "it is not an email address", Fix: "write one such as ops@example.com, or leave it out"})
			}
		},
		"directory": func(v yamlread.Value) {
			r.Text(&a.Directory)(v)
			if u, err := url.Parse(a.Directory); a.Directory != "" && (err != nil || u.Scheme != "https" || u.Host == "" || u.User != nil) {
				r.Refuse(v.Place, Error{Code: CodeACMEInvalid, Value: a.Directory, Why: "it is not an https URL", Fix: "write that of the authority's directory"})
			}
		},
	}, false)
	for i, name := range a.Domains {
		if m := CheckHost(name); m != nil {
			m.Code = CodeACMEInvalid
			r.Refuse(places[i], *m)
		} else if why, fix := notCertifiable(name, a.DNS != nil); why != "" {
			r.Refuse(places[i], Error{Code: CodeACMEInvalid, Value: name, Why: why, Fix: fix})
		}
	}
	if len(a.Domains) == 0 && r.Mistakes() == before {
		r.Refuse(v.Place, Error{Code: CodeACMEInvalid, Why: "it does not say for which names", Fix: "write domains: [api.example.com]"})
	}
	return a
}

// notCertifiable says why an authority cannot find out that a name is ours, and what to
// write instead; "" if it can.
func notCertifiable(name string, byDNS bool) (why, fix string) {
	if byDNS {
		name = strings.TrimPrefix(name, "*.")
	}
	fix = "write a name such as api.example.com, or use certificates"
	_, err := netip.ParseAddr(strings.Trim(name, "[]"))
	switch {
	case strings.HasPrefix(name, "*."):
		return "authorities issue wildcards only to those who change the DNS", "write dns beside domains, or use certificates"
	case err == nil:
		return "it is an address", fix
	case !strings.Contains(strings.Trim(name, "."), "."), strings.HasSuffix(strings.ToLower(name), ".localhost"):
		return "no authority knows it", fix
	}
	return "", ""
}

// checkAddresses checks the addresses of a gateway besides the one that it always has.
func (r *reader) checkAddresses(present map[string]yamlread.Place, g *Gateway) {
	if at, there := present["admin"]; there && g.Admin != "" && (g.Admin == g.Listen || g.Admin == g.PlainListen || g.Admin == g.ExtProc) {
		r.Refuse(at, Error{Code: CodeListenInvalid, Value: g.Admin, Why: "requests for the gateway come there", Fix: "write another one, such as 127.0.0.1:9090"})
	}
	if _, there := present["tls"]; g.HTTP3 && !there {
		r.Refuse(present["http3"], Error{Code: CodeTLSInvalid, Why: "HTTP/3 is always encrypted, and there is no tls", Fix: "remove it, or write tls"})
	}
	at, there := present["plain_listen"]
	if !there || g.PlainListen == "" {
		return
	}
	if _, there := present["tls"]; !there {
		r.Refuse(at, Error{Code: CodeTLSInvalid, Value: g.PlainListen, Why: "without tls, listen is for plain http", Fix: "remove it, or write tls"})
	} else if g.PlainListen == g.Listen {
		r.Refuse(at, Error{Code: CodeTLSInvalid, Value: g.PlainListen, Why: "it is the address of listen", Fix: "write another one, such as :80"})
	}
}

func (t *TLS) write(b *bytes.Buffer) {
	b.WriteString("  tls:\n")
	if len(t.Certificates) > 0 {
		b.WriteString("    certificates:\n")
	}
	for _, c := range t.Certificates {
		fmt.Fprintf(b, "      - cert: %s\n        key: %s\n", yamlread.WriteText(c.Cert), yamlread.WriteText(c.Key))
	}
	if t.Local {
		b.WriteString("    local: true\n")
	}
	if t.ACME == nil {
		return
	}
	b.WriteString("    acme:\n      domains:\n")
	for _, name := range t.ACME.Domains {
		fmt.Fprintf(b, "        - %s\n", yamlread.WriteText(name))
	}
	writeText(b, "      email: ", t.ACME.Email)
	writeText(b, "      directory: ", t.ACME.Directory)
	writeText(b, "      roots: ", t.ACME.Roots)
	writeText(b, "      storage: ", t.ACME.Storage)
	if t.ACME.DNS != nil {
		t.ACME.DNS.write(b)
	}
}

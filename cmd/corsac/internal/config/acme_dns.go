package config

import (
	"bytes"
	"fmt"
	"net"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/miekg/dns"

	"github.com/corsac-dev/corsac/internal/yamlread"
)

// ACMEDNS says how the records that prove to an authority whose a name is get into the
// DNS: by signed updates (RFC 2136, RFC 8945).
type ACMEDNS struct {
	// Server is the address of the primary server of the zones, host:port.
	Server string
	// KeyName is the name of the key that signs updates, and Algorithm how it does, such
	// as hmac-sha256.
	KeyName, Algorithm string
	// KeyFile is a file with the key in base64, and KeyEnv a variable of the environment
	// with it. One of them is "".
	KeyFile, KeyEnv string
	// Delay is how long the other servers of the zones may take to have a new record; 0
	// means [DefaultDNSDelay].
	Delay time.Duration
}

// DefaultDNSDelay is how long other servers may take to have a new record by default.
const DefaultDNSDelay = 10 * time.Second

// defaultAlgorithm signs updates unless another one is chosen.
const defaultAlgorithm = "hmac-sha256"

var algorithms = []string{"hmac-sha224", "hmac-sha256", "hmac-sha384", "hmac-sha512"}

// acmeDNS reads how an authority is answered in the DNS.
func (r *reader) acmeDNS(v yamlread.Value) *ACMEDNS {
	d, before := &ACMEDNS{Algorithm: defaultAlgorithm}, r.Mistakes()
	refuse := func(at yamlread.Place, value, why, fix string) {
		r.Refuse(at, Error{Code: CodeACMEInvalid, Value: value, Why: why, Fix: fix})
	}
	r.Fields(v, yamlread.Fields{
		"server": func(v yamlread.Value) {
			r.Text(&d.Server)(v)
			if address, ok := dnsServer(d.Server); ok {
				d.Server = address
			} else if d.Server != "" {
				refuse(v.Place, d.Server, "it is not the address of a DNS server", "write one such as 192.0.2.53 or ns1.example.com:53")
			}
		},
		"key_name": func(v yamlread.Value) {
			r.Text(&d.KeyName)(v)
			if _, ok := dns.IsDomainName(d.KeyName); d.KeyName != "" && (!ok || strings.ContainsAny(d.KeyName, ` "\`)) {
				refuse(v.Place, d.KeyName, "it is not the name of a key", "write the one after the word key in the configuration of the DNS server")
			}
		},
		"key_file": r.Text(&d.KeyFile),
		"key_env":  r.Text(&d.KeyEnv),
		"algorithm": func(v yamlread.Value) {
			r.Text(&d.Algorithm)(v)
			if !slices.Contains(algorithms, d.Algorithm) {
				refuse(v.Place, d.Algorithm, "it is not one of "+strings.Join(algorithms, ", "), "write that of the key, or leave it out if it is "+defaultAlgorithm)
			}
		},
		"delay": r.Duration(&d.Delay),
	}, false)
	switch {
	case r.Mistakes() > before:
	case d.Server == "":
		refuse(v.Place, "", "it does not say which server gets the updates", "write server: with the address of the primary server of the zone")
	case d.KeyName == "" || (d.KeyFile == "") == (d.KeyEnv == ""):
		refuse(v.Place, "", "a key must sign the updates", "write key_name: NAME, and key_file: FILE or key_env: VARIABLE")
	}
	return d
}

// dnsServer returns the address of a DNS server, with its port.
func dnsServer(s string) (string, bool) {
	host, port, err := net.SplitHostPort(s)
	if err != nil {
		host, port = strings.Trim(s, "[]"), "53"
	}
	number, err := strconv.ParseUint(port, 10, 16)
	isHost := net.ParseIP(host) != nil || CheckHost(host) == nil && !strings.HasPrefix(host, "*")
	return net.JoinHostPort(host, port), err == nil && number > 0 && isHost
}

func (d *ACMEDNS) write(b *bytes.Buffer) {
	b.WriteString("      dns:\n")
	writeText(b, "        server: ", d.Server)
	writeText(b, "        key_name: ", d.KeyName)
	writeText(b, "        key_file: ", d.KeyFile)
	writeText(b, "        key_env: ", d.KeyEnv)
	writeText(b, "        algorithm: ", d.Algorithm)
	if d.Delay != 0 {
		fmt.Fprintf(b, "        delay: %s\n", yamlread.WriteDuration(d.Delay))
	}
}

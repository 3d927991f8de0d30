package certs

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/caddyserver/certmagic"
	"github.com/libdns/libdns"
	"github.com/miekg/dns"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/config"
)

// newSolver returns what proves by the DNS whose a name is.
func newSolver(c *config.ACMEDNS) (*certmagic.DNS01Solver, error) {
	secret, err := secretOf(c)
	if err != nil {
		return nil, err
	}
	delay := c.Delay
	if delay == 0 {
		delay = config.DefaultDNSDelay
	}
	return &certmagic.DNS01Solver{DNSManager: certmagic.DNSManager{
		DNSProvider: &updater{
			server: c.Server, key: dns.CanonicalName(c.KeyName), algorithm: dns.Fqdn(c.Algorithm), secret: secret,
		},
		// The server is asked which zones it has. It has each record that it has taken.
		Resolvers: []string{c.Server}, PropagationDelay: delay, PropagationTimeout: -1, TTL: time.Minute,
	}}, nil
}

// secretOf returns the key of a configuration, in base64. Errors do not show it.
func secretOf(c *config.ACMEDNS) (string, error) {
	text, from := os.Getenv(c.KeyEnv), "the variable "+c.KeyEnv
	if c.KeyFile != "" {
		b, err := os.ReadFile(c.KeyFile)
		if err != nil {
			return "", fmt.Errorf("dns.key_file: %w", err)
		}
		text, from = string(b), c.KeyFile
	}
	text = strings.TrimSpace(text)
	if key, err := base64.StdEncoding.DecodeString(text); err != nil || len(key) == 0 {
		return "", fmt.Errorf("dns: %s has no key; write what is between the quotes after the word secret in the output of tsig-keygen", from)
	}
	return text, nil
}

// updater changes records by signed updates (RFC 2136). It implements
// [certmagic.DNSProvider].
type updater struct{ server, key, algorithm, secret string }

// AppendRecords adds records.
func (u *updater) AppendRecords(ctx context.Context, zone string, records []libdns.Record) ([]libdns.Record, error) {
	return records, u.update(ctx, zone, records, (*dns.Msg).Insert)
}

// DeleteRecords removes records.
func (u *updater) DeleteRecords(ctx context.Context, zone string, records []libdns.Record) ([]libdns.Record, error) {
	return records, u.update(ctx, zone, records, (*dns.Msg).Remove)
}

func (u *updater) update(ctx context.Context, zone string, records []libdns.Record, change func(*dns.Msg, []dns.RR)) error {
	var all []dns.RR
	for _, record := range records {
		r := record.RR()
		if r.Type != "TXT" {
			return fmt.Errorf("a record of type %s is not for an authority", r.Type)
		}
		all = append(all, &dns.TXT{
			Hdr: dns.RR_Header{Name: libdns.AbsoluteName(r.Name, zone), Rrtype: dns.TypeTXT, Class: dns.ClassINET, Ttl: uint32(r.TTL / time.Second)},
			Txt: []string{r.Data},
		})
	}
	m := new(dns.Msg).SetUpdate(dns.Fqdn(zone))
	change(m, all)
	m.SetTsig(u.key, u.algorithm, 300, time.Now().Unix())
	client := dns.Client{Net: "tcp", Timeout: 10 * time.Second, TsigSecret: map[string]string{u.key: u.secret}}
	answer, _, err := client.ExchangeContext(ctx, m, u.server)
	switch {
	case err != nil:
		return fmt.Errorf("DNS server %s: %w", u.server, err)
	case answer.Rcode != dns.RcodeSuccess:
		return fmt.Errorf("DNS server %s refuses the update of zone %s: %s", u.server, zone, dns.RcodeToString[answer.Rcode])
	case answer.IsTsig() == nil:
		return errors.New("the answer of the DNS server is not signed")
	}
	return nil
}

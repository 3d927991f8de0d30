package config

import (
	"bytes"
	"fmt"

	"github.com/corsac-dev/corsac/internal/yamlread"
	"github.com/corsac-dev/corsac/policyfile"
)

// Marshal returns the policies and the gateway of a configuration as a file, from
// which [Parse] reads the same ones. It omits fields that are not set, and a gateway
// without routes. The error is that of [policyfile.Marshal].
func Marshal(c *Config) ([]byte, error) {
	data, err := policyfile.Marshal(c.Policies)
	if err != nil || len(c.Gateway.Routes) == 0 {
		return data, err
	}
	b := bytes.NewBuffer(data)
	b.WriteString("gateway:\n")
	writeText(b, "  ext_proc: ", c.Gateway.ExtProc)
	writeText(b, "  listen: ", c.Gateway.Listen)
	writeText(b, "  plain_listen: ", c.Gateway.PlainListen)
	writeText(b, "  admin: ", c.Gateway.Admin)
	if c.Gateway.HTTP3 {
		b.WriteString("  http3: true\n")
	}
	writePrefixes(b, "debug_for", c.Gateway.DebugFor)
	c.Gateway.Limits.write(b)
	writePrefixes(b, "trusted_proxies", c.Gateway.TrustedProxies)
	if c.Gateway.ProxyProtocol {
		b.WriteString("  proxy_protocol: true\n")
	}
	if c.Gateway.TLS != nil {
		c.Gateway.TLS.write(b)
	}
	if c.Gateway.AccessLog != nil {
		c.Gateway.AccessLog.write(b)
	}
	b.WriteString("  routes:\n")
	for i := range c.Gateway.Routes {
		c.Gateway.Routes[i].write(b)
	}
	return b.Bytes(), nil
}

func (r *Route) write(b *bytes.Buffer) {
	fmt.Fprintf(b, "    - path: %s\n", yamlread.WriteText(r.Path))
	writeText(b, "      host: ", r.Host)
	if r.Upstream != nil {
		writeText(b, "      upstream: ", r.Upstream.String())
	}
	writeText(b, "      policy: ", r.Policy)
	r.writeModes(b)
	if r.PreserveHost {
		b.WriteString("      preserve_host: true\n")
	}
	r.writeOptions(b)
	writeSizeField(b, "      max_body: ", r.MaxBody)
	if r.Timeout != 0 {
		fmt.Fprintf(b, "      timeout: %s\n", yamlread.WriteDuration(r.Timeout))
	}
}

func writeText(b *bytes.Buffer, name, text string) {
	if text != "" {
		b.WriteString(name + yamlread.WriteText(text) + "\n")
	}
}

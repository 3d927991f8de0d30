package config

import (
	"bytes"
	"errors"
	"slices"
	"strings"

	"github.com/corsac-dev/corsac/cors"
	"github.com/corsac-dev/corsac/internal/yamlread"
	"github.com/corsac-dev/corsac/internal/yamlread/policies"
)

// MaxSize is the size of the largest file that is read, in bytes.
const MaxSize = yamlread.MaxSize

// Parse reads a configuration. file is its name in errors. If the content is
// wrong, the error is of type [finding.Mistakes].
func Parse(file string, data []byte) (*Config, error) {
	c := &Config{Policies: map[string]cors.Policy{}, file: file, source: bytes.Clone(data), compiled: map[string]*cors.Middleware{}}
	err := yamlread.Parse(file, data, func(d *yamlread.Decoder, root yamlread.Value) {
		(&reader{Decoder: d}).config(root, c)
	})
	var errs yamlread.Errors
	if errors.As(err, &errs) {
		return nil, Mistakes(errs)
	}
	return c, nil
}

// reader reads the sections of a configuration.
type reader struct {
	*yamlread.Decoder

	extProc bool // the gateway has ext_proc
}

// sections are what a file has, in the order in which they are named.
var sections = []string{"dev", "gateway", policies.Section}

// config reads the root of the file.
func (r *reader) config(v yamlread.Value, c *Config) {
	var dev devPlaces
	c.parsed = policies.Root(r.Decoder, v, func(e yamlread.Entry) {
		switch {
		case strings.HasPrefix(e.Key, "x-"), e.Value.Kind() == yamlread.Broken && slices.Contains(sections, e.Key):
		case e.Key == "gateway":
			c.routes, c.fields = r.gateway(e.Value, &c.Gateway)
		case e.Key == "dev":
			dev = r.dev(e.Value, &c.Dev)
		case e.Key == "routes" || e.Key == "listen":
			r.Refuse(e.At, Error{Code: yamlread.CodeFieldUnknown, Why: "it is a field of gateway", Fix: `put it below "gateway:", indented by two blanks`})
		default:
			r.RefuseField(e, sections)
		}
	}, func(entries []yamlread.Entry) bool {
		return !slices.ContainsFunc(entries, func(e yamlread.Entry) bool { return e.Key == "dev" })
	})
	for _, p := range c.parsed {
		c.Policies[p.Name], c.compiled[p.Name] = p.Policy, p.Middleware
	}
	r.checkRoutes(c.routes, c)
	c.Gateway.TLS.beside(c.file)
	c.Gateway.AccessLog.beside(c.file)
	r.checkDev(dev, c)
}

// NeedExtProc returns an error of type [finding.Mistakes] if there is no ext_proc.
func (c *Config) NeedExtProc() error {
	if c.Gateway.ExtProc != "" {
		return nil
	}
	return Mistakes(yamlread.Errors{{
		File: c.file, Field: "gateway.ext_proc", Code: CodeExtProc, Why: "it is missing: the address at which Envoy asks",
		Fix: `add it, such as gateway: {ext_proc: "127.0.0.1:9002", routes: [{path: /, policy: app}]}`,
	}})
}

// NeedRoutes returns an error of type [finding.Mistakes] if there is no gateway
// to serve.
func (c *Config) NeedRoutes() error {
	if c.Gateway.ExtProc != "" {
		at := c.fields["ext_proc"]
		return Mistakes(yamlread.Errors{{
			File: c.file, Line: at.Line, Column: at.Column, Field: "gateway.ext_proc", Code: CodeExtProc,
			Why: "this file is for Envoy, to which corsac serve does not speak",
			Fix: "run corsac-extproc, or remove the field and give each route an upstream",
		}})
	}
	if len(c.Gateway.Routes) > 0 {
		return nil
	}
	return Mistakes(yamlread.Errors{{
		File: c.file, Field: "gateway", Code: CodeGatewayMissing,
		Why: "there is no gateway to serve",
		Fix: "add it, such as gateway: {routes: [{path: /, upstream: \"http://127.0.0.1:9000\", policy: app}]}",
	}})
}

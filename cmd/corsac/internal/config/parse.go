package config

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strings"

	"github.com/corsac-dev/corsac/cors"
	"github.com/corsac-dev/corsac/internal/yamlread"
	"github.com/corsac-dev/corsac/internal/yamlread/policies"
)

// Stdin is the file name that stands for standard input.
const Stdin = "-"

// MaxSize is the size of the largest file that is read, in bytes.
const MaxSize = yamlread.MaxSize

// Load reads a file, or stdin if the name is [Stdin]. The error is of type
// [finding.Mistakes] if the content is wrong; otherwise it says why the file
// cannot be read.
func Load(name string, stdin io.Reader) (*Config, error) {
	data, err := readFile(name, stdin)
	if err != nil {
		return nil, err
	}
	return Parse(DisplayName(name), data)
}

// DisplayName returns the name of a file for messages.
func DisplayName(name string) string {
	if name == Stdin {
		return "stdin"
	}
	return name
}

// readFile reads a file up to one byte more than MaxSize, so the caller can
// refuse it.
func readFile(name string, stdin io.Reader) ([]byte, error) {
	if name != Stdin {
		f, err := open(name)
		if err != nil {
			var path *fs.PathError
			if errors.As(err, &path) {
				err = path.Err
			}
			return nil, fmt.Errorf("cannot read %s: %w", name, err)
		}
		defer f.Close()
		stdin = f
	}
	var data bytes.Buffer
	if _, err := io.Copy(&data, io.LimitReader(stdin, MaxSize+1)); err != nil {
		return nil, fmt.Errorf("cannot read %s: %w", name, err)
	}
	return data.Bytes(), nil
}

// open opens a file. A pipe or a device in a folder would be waited for, or never
// end: the project may be somebody else's. Those that a shell names, as in
// -c <(command), are in a folder of the system.
func open(name string) (*os.File, error) {
	info, err := os.Stat(name)
	switch {
	case err != nil:
		return nil, err
	case info.Mode().IsRegular() || info.IsDir() || strings.HasPrefix(name, "/dev/") || strings.HasPrefix(name, "/proc/"):
		return os.Open(name)
	}
	return nil, errors.New("it is not a regular file")
}

// Parse reads a configuration. file is its name in errors. If the content is
// wrong, the error is of type [finding.Mistakes].
func Parse(file string, data []byte) (*Config, error) {
	c := &Config{Policies: map[string]cors.Policy{}, file: file, compiled: map[string]*cors.Middleware{}}
	err := yamlread.Parse(file, data, func(d *yamlread.Decoder, root yamlread.Value) {
		(&reader{d}).config(root, c)
	})
	var errs yamlread.Errors
	if errors.As(err, &errs) {
		return nil, mistakes(errs)
	}
	return c, nil
}

// reader reads the sections of a configuration.
type reader struct{ *yamlread.Decoder }

// config reads the root of the file.
func (r *reader) config(v yamlread.Value, c *Config) {
	var dev devPlaces
	present := r.Fields(v, yamlread.Fields{
		policies.Section: func(v yamlread.Value) { c.parsed = policies.Read(r.Decoder, v) },
		"gateway":        func(v yamlread.Value) { c.routes = r.gateway(v, &c.Gateway) },
		"dev":            func(v yamlread.Value) { dev = r.dev(v, &c.Dev) },
	}, true)
	_, ok := present[policies.Section]
	if _, isDev := present["dev"]; ok || !isDev {
		policies.RefuseMissing(r.Decoder, c.parsed, ok)
	}
	for _, p := range c.parsed {
		c.Policies[p.Name], c.compiled[p.Name] = p.Policy, p.Middleware
	}
	r.checkRoutes(c.routes, c)
	r.checkDev(dev, c)
}

// NeedRoutes returns an error of type [finding.Mistakes] if there is no gateway
// to serve.
func (c *Config) NeedRoutes() error {
	if len(c.Gateway.Routes) > 0 {
		return nil
	}
	return mistakes(yamlread.Errors{{
		File: c.file, Field: "gateway", Code: CodeGatewayMissing,
		Why: "there is no gateway to serve",
		Fix: "add it, such as gateway: {routes: [{path: /, upstream: \"http://127.0.0.1:9000\", policy: app}]}",
	}})
}

package stacks

import (
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/source"
)

// locationsBelow returns the locations of a server for the paths below a prefix:
// the outermost of those that are for nothing else.
func locationsBelow(block *nginxNode, path string) (list []*nginxNode) {
	for _, l := range block.named("location") {
		prefix := l.prefix()
		if prefix == "" && l.arg(len(l.args())) != "/" {
			continue
		}
		if below(prefix, path) {
			list = append(list, l)
		} else if prefix == "" || strings.HasPrefix(path, prefix) {
			list = append(list, locationsBelow(l, path)...)
		}
	}
	return list
}

// below reports whether a path is below a prefix, or the prefix itself.
func below(path, prefix string) bool {
	bare := strings.TrimSuffix(prefix, "/")
	return path == bare || path == prefix || strings.HasPrefix(path, bare+"/") || strings.HasSuffix(prefix, "/") && strings.HasPrefix(path, prefix)
}

// newLocations returns the locations that a path needs and that are not there, as
// insertions: each is a copy of the location that has answered its requests.
func newLocations(c *nginxConfig, w *Want) (map[string][]source.Edit, error) {
	inserted := map[string][]source.Edit{}
	if w.Path == "" || w.Path == "/" {
		return inserted, nil
	}
	if !strings.HasPrefix(w.Path, "/") || strings.ContainsAny(w.Path, " \t\r\n;{}\"'\\$#") {
		return nil, fmt.Errorf("the path %q cannot be that of a location", w.Path)
	}
	p := &nginxPlan{config: c, want: w, text: newNginxEdits()}
	for _, server := range p.applications(p.servers()) {
		if slices.ContainsFunc(locationsBelow(server, w.Path), func(l *nginxNode) bool { return covers(l.prefix(), w.Path) }) {
			continue
		}
		base := c.locate(server, w.Path)
		if base == nil {
			return nil, fmt.Errorf("%s has no location for %s", server.title(), w.Path)
		}
		if len(base.args()) != 1 || base.parent != server {
			return nil, fmt.Errorf("%s answers requests for %s, so that no location of its own can be added", base.title(), w.Path)
		}
		text, err := copyLocation(base, w.Path)
		if err != nil {
			return nil, err
		}
		p.text.before(base, text, true)
	}
	return p.text.edits, nil
}

// covers reports whether a location for a prefix has all paths below another.
func covers(prefix, path string) bool { return strings.HasPrefix(path, prefix) && prefix != "" }

// copyLocation returns a location for a path that does what another does.
func copyLocation(base *nginxNode, path string) (lines []string, err error) {
	lines = []string{"location " + path + " {"}
	for _, d := range base.children {
		if d.setsCORS() || d.kind == "location" {
			continue
		}
		if d.file != base.file {
			return nil, errors.New(base.title() + " includes a file; write the location for " + path + " yourself")
		}
		text := d.file.Text[d.Start:d.End]
		switch d.kind {
		case "proxy_pass":
			_, rest, _ := strings.Cut(d.arg(1), "://")
			if i := strings.IndexByte(rest, '/'); i >= 0 && !strings.Contains(rest, "$") {
				url := strings.TrimSuffix(d.arg(1), "/") + "/" + strings.TrimPrefix(path, base.arg(1))
				text = "proxy_pass " + url + ";"
			}
		case "alias":
			text = "alias " + strings.TrimSuffix(d.arg(1), "/") + "/" + strings.TrimPrefix(path, base.arg(1)) + ";"
		}
		unit, outer := base.file.IndentUnit("    "), base.file.Indent(d.Start)
		for i, line := range strings.Split(strings.ReplaceAll(text, "\r\n", "\n"), "\n") {
			if i > 0 {
				line = strings.TrimPrefix(line, outer)
				for strings.HasPrefix(line, unit) && unit != "\t" {
					line = "\t" + strings.TrimPrefix(line, unit)
				}
			}
			lines = append(lines, "\t"+line)
		}
	}
	return append(lines, "}", ""), nil
}

// url returns where a server probably answers, or "", and the IP address that it
// listens on, if that is said.
func (p *nginxPlan) url() (url, ip string) {
	for _, t := range p.targets {
		server := t.block.up("server")
		if server == nil {
			continue
		}
		scheme, port := "http", "80"
		for i, l := range server.named("listen") {
			address := l.arg(1)
			if strings.HasPrefix(address, "unix:") {
				continue
			}
			host := ""
			if at := strings.LastIndexByte(address, ':'); at >= 0 && !strings.HasSuffix(address, "]") {
				host, address = address[:at], address[at+1:]
			} else if strings.ContainsAny(address, ".]") {
				host = address
			}
			if address == "" || strings.Trim(address, "0123456789") != "" {
				address = "80"
			}
			tls := slices.Contains(l.args(), "ssl")
			if i == 0 || tls {
				port, ip = address, ""
				if to, err := netip.ParseAddr(strings.Trim(host, "[]")); err == nil && !to.IsUnspecified() {
					ip = to.String()
				}
				if scheme = "http"; tls {
					scheme = "https"
				}
			}
		}
		host := "localhost"
		for _, d := range server.named("server_name") {
			if name := d.arg(1); strings.Contains(name, ".") && strings.Trim(name, "0123456789.") != "" && !strings.ContainsAny(name, "*~$^") && !strings.HasPrefix(name, ".") {
				host = name
			}
		}
		if port != map[string]string{"http": "80", "https": "443"}[scheme] {
			host += ":" + port
		}
		path := t.block.prefix()
		if t.block.byExpression() {
			path = p.config.sample(t.block.arg(2), t.block.arg(1) == "~*")
		}
		if p.want.Path != "" {
			path = p.want.Path
		}
		return scheme + "://" + host + path, ip
	}
	return "", ""
}

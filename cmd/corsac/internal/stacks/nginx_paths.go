package stacks

import (
	"cmp"
	"fmt"
	"net/netip"
	"regexp"
	"slices"
	"strings"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/source"
)

// locationsBelow returns the locations of a server for the paths below a prefix:
// the outermost of those that are for nothing else.
func locationsBelow(block *nginxNode, path string) (list []*nginxNode) {
	for _, l := range block.named("location") {
		prefix := cmp.Or(l.segments(), l.prefix())
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

// segments returns the path of a location with an expression that takes it and all
// below it, such as ^/api(/|$); "" for other locations.
func (n *nginxNode) segments() string {
	if !strings.HasPrefix(n.arg(1), "~") {
		return ""
	}
	for _, end := range []string{"(/|$)", "(?:/|$)", "(/.*)?$", "(?:/.*)?$"} {
		path, ok := strings.CutSuffix(n.arg(2), end)
		if path, absolute := strings.CutPrefix(path, "^/"); ok && absolute && regexp.QuoteMeta(path) == path {
			return "/" + path
		}
	}
	return ""
}

// below reports whether a path is below a prefix, or the prefix itself.
func below(path, prefix string) bool {
	bare := strings.TrimSuffix(prefix, "/")
	return path == bare || path == prefix || strings.HasPrefix(path, bare+"/") || strings.HasSuffix(prefix, "/") && strings.HasPrefix(path, prefix)
}

// newLocations returns the locations that a path needs and that are not there, as
// insertions: each is a copy of the location that has answered its requests. A path
// takes whole segments, so that it needs two: one for itself, and one for the paths
// below it, which must end in a slash. Without the first, nginx would redirect the
// path itself to that with a slash.
func newLocations(c *nginxConfig, w *Want) (map[string][]source.Edit, error) {
	inserted := map[string][]source.Edit{}
	bare := strings.TrimRight(w.Path, "/")
	if bare == "" {
		return inserted, nil
	}
	if !strings.HasPrefix(w.Path, "/") || strings.ContainsAny(w.Path, " \t\r\n;{}\"'\\$#") {
		return nil, fmt.Errorf("the path %q cannot be that of a location", w.Path)
	}
	p := &nginxPlan{config: c, want: w, text: newNginxEdits()}
	for _, server := range p.applications(p.servers()) {
		there := locationsBelow(server, w.Path)
		var bases []*nginxNode
		texts := map[*nginxNode][]string{}
		for _, l := range [][]string{{"=", bare}, {bare + "/"}} {
			sample := l[len(l)-1]
			if len(l) == 1 {
				sample += nginxSample
			}
			base := c.locate(server, sample)
			if base.within(there) || l[0] == "=" && redirects(there, w.Path) {
				continue
			}
			text, err := copyLocation(server, base, l)
			if err != nil {
				return nil, err
			}
			if texts[base] == nil {
				bases = append(bases, base)
			}
			texts[base] = append(texts[base], text...)
		}
		for _, base := range bases { // one insertion at a place
			p.text.before(base, texts[base], true)
		}
	}
	return p.text.edits, nil
}

// redirects reports whether one of some locations is for the paths below a path, and
// the path itself needs none: nginx redirects it, or it is not asked for.
func redirects(there []*nginxNode, path string) bool {
	return slices.ContainsFunc(there, func(l *nginxNode) bool {
		args := l.args()
		if args[len(args)-1] != strings.TrimRight(path, "/")+"/" || args[0] == "=" {
			return false
		}
		return strings.HasSuffix(path, "/") || l.passes() != nil
	})
}

// nginxSample is a path that no configuration names.
const nginxSample = "corsac/sample"

// within reports whether a location is one of a list, or in one.
func (n *nginxNode) within(list []*nginxNode) bool {
	for ; n != nil; n = n.parent {
		if slices.Contains(list, n) {
			return true
		}
	}
	return false
}

// noteNeighbours says which requests below the path do not get what is wanted, and
// which others do: those whose locations are not cut at the end of a segment.
func (p *nginxPlan) noteNeighbours(servers []*nginxNode) {
	bare := strings.TrimRight(p.want.Path, "/")
	if bare == "" {
		return
	}
	for _, t := range p.targets {
		args := t.block.args()
		if len(args) > 0 && args[len(args)-1] == bare && (len(args) == 1 || args[0] == "^~") {
			p.note("%s answers paths such as %sx, too, and allows the same there.", t.block.title(), bare)
		}
	}
	for _, server := range servers {
		for _, l := range server.named("location") {
			if l.byExpression() && l.prefix()+l.segments() == "" && !l.within(p.blocks()) {
				p.note("%s comes before locations for %s: if it answers paths below that, it does so without these headers.", l.title(), bare)
			}
		}
	}
}

// blocks returns the blocks of the targets.
func (p *nginxPlan) blocks() (list []*nginxNode) {
	for _, t := range p.targets {
		list = append(list, t.block)
	}
	return list
}

// copyLocation returns a location with some parameters that does what another of a
// server does.
func copyLocation(server, base *nginxNode, args []string) (lines []string, err error) {
	title := "location " + strings.Join(args, " ")
	switch {
	case base == nil:
		return nil, fmt.Errorf("%s has no location that answers requests for %s; write one, and run corsac again", server.title(), args[len(args)-1])
	case len(base.args()) != 1 || base.parent != server:
		return nil, fmt.Errorf("%s answers requests for %s, so that no location of its own can be added", base.title(), args[len(args)-1])
	case len(base.named("location")) > 0:
		return nil, fmt.Errorf("%s has locations in it, which %s would replace; write %s yourself", base.title(), title, title)
	}
	rest := strings.TrimPrefix(args[len(args)-1], base.arg(1))
	lines = []string{title + " {"}
	for _, d := range base.children {
		if d.setsCORS() {
			continue
		}
		if d.file != base.file {
			return nil, fmt.Errorf("%s includes a file; write %s yourself", base.title(), title)
		}
		text := d.file.Text[d.Start:d.End]
		switch d.kind {
		case "proxy_pass":
			_, address, _ := strings.Cut(d.arg(1), "://")
			if strings.Contains(address, "/") && !strings.Contains(address, "$") {
				text = "proxy_pass " + d.arg(1) + rest + ";" // nginx puts it in the place of the prefix
			}
		case "alias":
			text = "alias " + d.arg(1) + rest + ";"
		}
		lines = append(lines, indented(base, text)...)
	}
	return append(lines, "}", ""), nil
}

// indented returns the lines of a directive in a location, one level deeper.
func indented(base *nginxNode, text string) (lines []string) {
	unit, outer := base.file.IndentUnit("    "), base.file.Indent(base.Start)
	for i, line := range strings.Split(strings.ReplaceAll(text, "\r\n", "\n"), "\n") {
		if i > 0 {
			line = strings.TrimPrefix(line, outer+unit)
			for strings.HasPrefix(line, unit) && unit != "\t" {
				line = "\t" + strings.TrimPrefix(line, unit)
			}
		}
		lines = append(lines, "\t"+line)
	}
	return lines
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

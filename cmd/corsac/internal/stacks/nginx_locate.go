package stacks

import (
	"maps"
	"slices"
	"strings"
)

// nginxLocations are the locations in a block, by what chooses them. Of two that
// nginx does not accept beside each other, the first is there.
type nginxLocations struct {
	exact, prefixes map[string]*nginxNode
	lengths         []int // of the prefixes, the longest first
	expressions     []*nginxNode
}

// locationsIn returns the locations in a block.
func (c *nginxConfig) locationsIn(block *nginxNode) *nginxLocations {
	in := c.locations[block]
	if in != nil {
		return in
	}
	in = &nginxLocations{exact: map[string]*nginxNode{}, prefixes: map[string]*nginxNode{}}
	lengths := map[int]bool{}
	for _, l := range block.named("location") {
		args := l.args()
		byText := in.prefixes
		switch {
		case len(args) == 2 && (args[0] == "~" || args[0] == "~*"):
			in.expressions = append(in.expressions, l)
			continue
		case len(args) == 2 && args[0] == "=":
			byText = in.exact
		case len(args) == 1, len(args) == 2 && args[0] == "^~":
			lengths[len(args[len(args)-1])] = true
		default:
			continue // nginx refuses it
		}
		if path := args[len(args)-1]; byText[path] == nil {
			byText[path] = l
		}
	}
	in.lengths = slices.SortedFunc(maps.Keys(lengths), func(a, b int) int { return b - a })
	c.locations[block] = in
	return in
}

// locate returns the location in a block that nginx chooses for a path, or nil. Of
// expressions, it knows those that RE2 knows.
func (c *nginxConfig) locate(block *nginxNode, path string) *nginxNode {
	key := nginxSubject{block, path}
	found, known := c.found[key]
	if !known {
		found = c.choose(block, path)
		c.found[key] = found
	}
	return found
}

// choose is [nginxConfig.locate] without a memory.
func (c *nginxConfig) choose(block *nginxNode, path string) *nginxNode {
	in := c.locationsIn(block)
	if l := in.exact[path]; l != nil {
		return l
	}
	var best *nginxNode
	for _, n := range in.lengths {
		if n <= len(path) && best == nil {
			best = in.prefixes[path[:n]]
		}
	}
	if best != nil {
		if len(best.args()) == 2 {
			return best
		}
		if inner := c.locate(best, path); inner != nil {
			return inner
		}
	}
	for _, l := range in.expressions {
		if re := c.expression(l.arg(2), l.arg(1) == "~*", path); re != nil && re.MatchString(path) {
			return l
		}
	}
	return best
}

// errorLocation returns the location that an error_page of a block leads to, or nil
// if it is the block itself or is not known.
func (c *nginxConfig) errorLocation(block, page *nginxNode) *nginxNode {
	args := page.args()
	server := block.up("server")
	if server == nil || len(args) < 2 {
		return nil
	}
	var found *nginxNode
	switch uri := args[len(args)-1]; {
	case strings.HasPrefix(uri, "@"):
		found = c.locationsIn(server).prefixes[uri]
	case strings.HasPrefix(uri, "/") && !strings.Contains(uri, "$"):
		found = c.locate(server, uri)
	}
	if found == block || found == nil && block.kind == "server" {
		return nil
	}
	if found == nil {
		found = server
	}
	return found
}

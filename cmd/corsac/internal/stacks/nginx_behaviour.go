package stacks

import (
	"regexp"
	"regexp/syntax"
	"strings"

	"github.com/corsac-dev/corsac/origin"
)

// What the requests are like that nginx is asked about in thought.
const (
	nginxStranger = "https://stranger.invalid" // no file allows it on purpose
	nginxMethod   = "CORSAC-METHOD"            // so that a method that is repeated shows
	nginxHeaders  = "x-corsac-header"
)

// nginxBehaviour is what nginx does with requests for one block.
type nginxBehaviour struct {
	block *nginxNode
	// none is the reply to a request without an origin.
	none nginxReply
	// stranger is about an origin that nobody lists, tried about those that the
	// files compare with.
	stranger nginxTried
	tried    []nginxTried
}

// nginxTried is an origin with the replies to its requests.
type nginxTried struct {
	nginxCompared
	origin string
	// get is the reply to a GET, and preflight that to a preflight.
	get, preflight nginxReply
}

// allowed reports whether pages of the origin may read answers.
func (t *nginxTried) allowed() bool { return t.get.allows(t.origin) || t.preflight.allows(t.origin) }

// answered reports whether nginx answers preflights by itself, so that browsers
// accept it.
func (t *nginxTried) answered() bool { return t.preflight.status >= 200 && t.preflight.status < 300 }

// nginxMaxTried bounds the origins that are tried. A configuration with more is
// too large.
const nginxMaxTried = 2000

// behaviour finds out what nginx does for a block: it tries an origin for
// everything that the files compare the origin with.
func (c *nginxConfig) behaviour(block *nginxNode) *nginxBehaviour {
	if b := c.behaviours[block]; b != nil {
		return b
	}
	b := &nginxBehaviour{block: block, none: c.run(block, nginxRequest{method: "GET"})}
	noted := &nginxNoted{known: map[nginxCompared]bool{}}
	b.stranger = c.try(block, nginxStranger, noted)
	for i := 0; i < len(noted.list) && !c.large(); i++ {
		what := noted.list[i]
		if what.entries {
			noted.keys(what.node)
			continue
		}
		sample := what.text
		if what.expression {
			sample = c.sample(what.text, what.fold)
		}
		if sample == "" {
			continue
		}
		if len(b.tried) == nginxMaxTried {
			c.work = nginxMaxWork + 1
			break
		}
		t := c.try(block, sample, noted)
		t.nginxCompared = what
		b.tried = append(b.tried, t)
	}
	c.behaviours[block] = b
	return b
}

// nginxPreflightOf returns a preflight of an origin.
func nginxPreflightOf(from string) nginxRequest {
	return nginxRequest{method: "OPTIONS", origin: from, asked: nginxMethod, headers: nginxHeaders}
}

// nginxNoted is what origins were compared with, once each. A nil one notes nothing.
type nginxNoted struct {
	list  []nginxCompared
	known map[nginxCompared]bool
}

func (n *nginxNoted) add(c nginxCompared) {
	if n != nil && !n.known[c] {
		n.known[c] = true
		n.list = append(n.list, c)
	}
}

// keys adds what a map compares with.
func (n *nginxNoted) keys(m *nginxNode) {
	for _, e := range m.children {
		if c, ok := nginxKey(e); ok {
			n.add(c)
		}
	}
}

func (c *nginxConfig) try(block *nginxNode, from string, noted *nginxNoted) nginxTried {
	get, preflight := nginxRequest{method: "GET", origin: from, noted: noted}, nginxPreflightOf(from)
	preflight.noted = noted
	return nginxTried{origin: from, get: c.run(block, get), preflight: c.run(block, preflight)}
}

// sample returns a string that an expression of a file matches, as [sampleOf].
func (c *nginxConfig) sample(expr string, fold bool) string {
	key := nginxCompared{text: expr, expression: true, fold: fold}
	found, ok := c.samples[key]
	if !ok {
		found = sampleOf(c.expression(expr, fold, ""), expr)
		c.samples[key] = found
	}
	return found
}

// sampleOf returns a string, an origin if there is one, that an expression
// matches; "" if none is found. The expression may be nil.
func sampleOf(re *regexp.Regexp, expr string) string {
	parsed, err := syntax.Parse(expr, syntax.Perl)
	if re == nil || err != nil {
		return ""
	}
	var b strings.Builder
	writeSample(&b, parsed)
	found := ""
	for _, prefix := range []string{"", "https://", "https://a.", "http"} {
		for _, suffix := range []string{"", "a.example"} {
			s := prefix + b.String() + suffix
			if !re.MatchString(s) {
				continue
			}
			if o, err := origin.Parse(s); err == nil && !o.IsOpaque() {
				return s
			}
			if found == "" {
				found = s
			}
		}
	}
	return found
}

// writeSample writes the shortest string that an expression matches, of letters
// where it can choose.
func writeSample(b *strings.Builder, re *syntax.Regexp) {
	if b.Len() > 1000 {
		return
	}
	switch re.Op {
	case syntax.OpLiteral:
		b.WriteString(strings.ToLower(string(re.Rune)))
	case syntax.OpCharClass:
		b.WriteRune(sampleOfClass(re.Rune))
	case syntax.OpAnyChar, syntax.OpAnyCharNotNL:
		b.WriteByte('a')
	case syntax.OpCapture, syntax.OpPlus:
		writeSample(b, re.Sub[0])
	case syntax.OpRepeat:
		for range re.Min {
			writeSample(b, re.Sub[0])
		}
	case syntax.OpConcat:
		for _, sub := range re.Sub {
			writeSample(b, sub)
		}
	case syntax.OpAlternate:
		writeSample(b, re.Sub[0])
	default: // what may be left out, and anchors
	}
}

// sampleOfClass returns a character of a class.
func sampleOfClass(ranges []rune) rune {
	for _, want := range "ax1.-:/" {
		for i := 0; i+1 < len(ranges); i += 2 {
			if ranges[i] <= want && want <= ranges[i+1] {
				return want
			}
		}
	}
	if len(ranges) == 0 {
		return 'a'
	}
	return ranges[0]
}

package cfamily

import (
	"slices"
	"strings"
)

// declaration is where a name gets its value.
type declaration struct {
	init     Range  // the value; empty if there is none
	property string // that of @Value("${…}")
}

// maxUses is how many uses of a name are looked at.
const maxUses = 200

// declaration returns the value of a constant, or of a variable that is set only
// once, where it is declared. It is false if that is not clear.
//
// Of a name such as Origins.ALL, class is the index of the bracket of the class;
// -1 for others.
func (p *Program) declaration(name string, use, class int) (d declaration, ok bool) {
	uses := p.Named(name)
	if len(uses) > maxUses {
		return d, false
	}
	best := -1
	for _, i := range uses {
		if !p.Step() || p.At(i-1) == "." && p.At(i-2) != "this" {
			continue
		}
		switch {
		case p.declaredAt(i):
			switch {
			case class >= 0 && p.Up(i) != class || class < 0 && !p.visible(i, use):
			case best < 0 || p.Up(i) > p.Up(best):
				best = i // the innermost
			case p.Up(i) == p.Up(best):
				return d, false // twice: a condition of the compiler
			}
		case p.At(i+1) == "=" || p.At(i+1) == "+=":
			return d, false // set again
		}
	}
	if best < 0 {
		return d, false
	}
	if d.property = p.property(best); d.property != "" {
		return d, true
	}
	at := best + 1
	if p.Language == Kotlin && p.At(at) == ":" {
		at = p.Until(at, p.Statement(best).End, "=")
	}
	if p.At(at) == "=>" || p.At(at) == "=" {
		d.init = Range{Start: at + 1, End: p.initEnd(at + 1)}
	}
	return d, true
}

// Initial returns the expression that a variable is set to where it is declared,
// for a use of its name. It is false if that is not clear.
func (p *Program) Initial(use int) (Range, bool) {
	d, ok := p.declaration(p.At(use), use, -1)
	return d.init, ok && d.init.End > d.init.Start
}

// initEnd returns the end of the value that begins at a token.
func (p *Program) initEnd(i int) int {
	limit := len(p.Tokens)
	if up := p.Up(i); up >= 0 {
		limit = p.Partner(up)
	}
	if p.Language != Kotlin {
		return p.Until(i, limit, ";", ",")
	}
	for i < limit {
		next := p.Skip(i)
		if p.At(i) == ";" || p.At(i) == "," {
			return i
		}
		if next < limit && p.ends(next-1, next) {
			return next
		}
		i = next
	}
	return limit
}

// modifiers are words that stand before the name of a function or a class, not a
// type before a variable.
var modifiers = []string{"return", "new", "throw", "else", "class", "interface", "package", "import", "using", "namespace", "in", "is", "as", "await", "fun", "yield", "case", "goto"}

// declaredAt reports whether a name is declared at a token: with a type, or var,
// val or let before it.
func (p *Program) declaredAt(i int) bool {
	next := p.At(i + 1)
	if next != "=" && next != ";" && next != "," && next != ")" && next != "=>" && (p.Language != Kotlin || next != ":" && !p.Newline(i+1)) {
		return false
	}
	if p.Language == Kotlin {
		return p.At(i-1) == "val" || p.At(i-1) == "var" || next == ":" && (p.At(i-1) == "," || p.At(i-1) == "(")
	}
	switch before := p.At(i - 1); {
	case before == ">" || before == "]" && p.At(i-2) == "[" || before == "?":
		return p.Kind(i-2) != Space
	default:
		return p.Kind(i-1) == Name && !slices.Contains(modifiers, before)
	}
}

// classBody returns the index of the bracket of a class that the file declares,
// or -1.
func (p *Program) classBody(class string) int {
	for _, i := range p.Named(class) {
		if !slices.Contains([]string{"class", "interface", "object", "record", "enum", "struct"}, p.At(i-1)) {
			continue
		}
		for j := i + 1; j < min(i+maxTypes, len(p.Tokens)); j = p.Skip(j) {
			if p.At(j) == "{" {
				return j
			}
		}
	}
	return -1
}

// visible reports whether what is declared at a token can be seen at another: it
// stands in a bracket around it.
func (p *Program) visible(decl, use int) bool {
	at := p.Up(decl)
	if p.Language == Kotlin && p.At(at) == "{" && (p.Is(at-2, "companion", "object") || p.Is(at-3, "companion", "object")) {
		at = p.Up(at)
	}
	for up := use; p.Step(); up = p.Up(up) {
		if p.Up(up) == at {
			return true
		}
		if up < 0 {
			break
		}
	}
	if p.At(at) != "(" { // parameters are seen in what follows them
		return false
	}
	for body := p.Skip(at); body < min(p.Skip(at)+maxTypes, len(p.Tokens)); body++ {
		if p.At(body) == "{" {
			return body < use && use < p.Partner(body)
		}
		if p.At(body) == ";" {
			return false
		}
	}
	return false
}

// property returns the property of the configuration that a field or parameter
// of Spring gets: that of @Value("${app.origins}").
func (p *Program) property(name int) string {
	start := name
	for start > 0 && name-start < maxTypes {
		before := p.At(start - 1)
		if p.Language == Kotlin && p.Newline(start) && !p.annotates(start-1) {
			break
		}
		if before == ";" || before == "{" || before == "}" || before == "," || before == "(" && p.Partner(start-1) > name {
			break
		}
		if other := p.Partner(start - 1); other >= 0 && other < start-1 {
			start = other
		} else {
			start--
		}
	}
	for i := start; i+2 < name; i++ {
		if !p.Is(i, "Value", "(") || p.At(i-1) != "@" && p.At(i-1) != ":" {
			continue
		}
		text, _ := Literal(p.At(i+2), p.Language)
		if _, after, ok := strings.Cut(text, "${"); ok {
			after, _, _ = strings.Cut(after, "}")
			after, _, _ = strings.Cut(after, ":")
			return after
		}
	}
	return ""
}

// annotates reports whether a token is the last of an annotation.
func (p *Program) annotates(i int) bool {
	if other := p.Partner(i); other >= 0 && other < i {
		i = other - 1
	}
	return p.Kind(i) == Name && (p.At(i-1) == "@" || p.At(i-1) == ":" && p.At(i-3) == "@")
}

package config

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/lexer"
	"github.com/goccy/go-yaml/parser"
	"github.com/goccy/go-yaml/token"
)

// Bounds of what is read. They are far beyond any honest file.
const (
	MaxSize    = 1 << 20 // bytes
	maxDepth   = 64      // of each kind of nesting
	maxVisited = 1 << 18 // values, each as often as aliases repeat it
	maxAliases = 32      // that lead to each other
)

// parseYAML returns the one document in data, or nil if it is empty.
func (d *decoder) parseYAML(data []byte) ast.Node {
	size := len(data)
	data = bytes.TrimPrefix(data, []byte("\xef\xbb\xbf"))
	data = bytes.ReplaceAll(data, []byte("\r\n"), []byte("\n"))
	data = bytes.ReplaceAll(data, []byte("\r"), []byte("\n")) // a line break to YAML, too
	d.lines = strings.Split(string(data), "\n")
	switch {
	case size > MaxSize:
		d.refuse(place{}, Error{Code: CodeTooLarge, Why: fmt.Sprintf("it is larger than %d KiB", MaxSize>>10), Fix: "check that this is the right file"})
		return nil
	case !utf8.Valid(data) || bytes.IndexByte(data, 0) >= 0:
		at := d.firstInvalid()
		d.refuse(at, Error{Code: CodeEncoding, Why: "it is not text in UTF-8", Fix: "save the file as UTF-8"})
		return nil
	}
	tokens := lexer.Tokenize(string(data))
	if tk := tooDeep(tokens); tk != nil {
		d.refuse(placeOf("", tk), Error{Code: CodeTooDeep, Why: fmt.Sprintf("it is nested deeper than %d levels", maxDepth), Fix: "check that this is the right file"})
		return nil
	}
	file, err := parse(tokens)
	if err != nil {
		d.refuseSyntax(err)
		return nil
	}
	var body ast.Node
	for _, doc := range file.Docs {
		if doc.Body == nil {
			continue
		}
		if body != nil {
			d.refuse(placeOf("", firstToken(doc.Body)), Error{Code: CodeDocuments, Why: "a second document begins here", Fix: "write one file for each"})
			break
		}
		body = doc.Body
	}
	return body
}

// parse parses tokens. The parser is not ours, so that a panic in it is taken for
// a mistake in the file.
func parse(tokens token.Tokens) (file *ast.File, err error) {
	defer func() {
		if v := recover(); v != nil {
			err = fmt.Errorf("the YAML parser gave up: %v", v)
		}
	}()
	return parser.Parse(tokens, 0, parser.AllowDuplicateMapKey())
}

func (d *decoder) firstInvalid() place {
	for i, line := range d.lines {
		for j, r := range []rune(line) {
			if r == utf8.RuneError || r == 0 {
				return place{line: i + 1, column: j + 1}
			}
		}
	}
	return place{}
}

// tooDeep returns the token with which tokens are nested too deep for a parser
// that is recursive, or nil.
func tooDeep(tokens token.Tokens) *token.Token {
	flow, line, onLine := 0, 0, 0
	var columns []int // of the block collections that are open
	for _, tk := range tokens {
		at := tk.Position
		if at.Line != line {
			line, onLine = at.Line, 0
			for len(columns) > 0 && columns[len(columns)-1] >= at.Column {
				columns = columns[:len(columns)-1]
			}
			columns = append(columns, at.Column)
		}
		switch tk.Type {
		case token.SequenceStartType, token.MappingStartType:
			flow++
		case token.SequenceEndType, token.MappingEndType:
			flow--
		case token.SequenceEntryType, token.MappingKeyType, token.TagType, token.AnchorType:
			onLine++
		case token.MappingValueType:
			if flow == 0 {
				onLine++
			}
		default:
		}
		if flow > maxDepth || len(columns) > maxDepth || onLine > maxDepth {
			return tk
		}
	}
	return nil
}

// refuseSyntax reports what the parser says, and what it cannot know: that an
// unquoted "*" was meant to be text.
func (d *decoder) refuseSyntax(err error) {
	var syntax *yaml.SyntaxError
	if !errors.As(err, &syntax) || syntax.Token == nil {
		d.refuse(place{}, Error{Code: CodeSyntax, Why: err.Error()})
		return
	}
	at := placeOf("", syntax.Token)
	e := Error{Code: CodeSyntax, Why: "this is not YAML: " + strings.TrimSpace(syntax.Message)}
	if star, ok := d.starNear(at); ok {
		at = star
		e.Value, e.Why, e.Fix = "*", "YAML reads an unquoted asterisk as the name of an alias", `write "*" with its quotes`
	} else if d.tabAt(at) {
		e.Why, e.Fix = "YAML forbids tabs in indentation", "write spaces"
	}
	d.refuse(at, e)
}

// starNear returns the place of an asterisk that stands alone at a place, just
// before it, or at the end of the line before.
func (d *decoder) starNear(at place) (place, bool) {
	line := []rune(d.line(at.line))
	for i := min(at.column-1, len(line)-1); i >= 0 && i >= at.column-3; i-- {
		if line[i] == '*' {
			alone := i+1 == len(line) || strings.ContainsRune(" ,]}", line[i+1])
			return place{line: at.line, column: i + 1}, alone
		}
	}
	before := strings.TrimRight(d.line(at.line-1), " ")
	return place{line: at.line - 1, column: utf8.RuneCountInString(before)}, strings.HasSuffix(before, " *")
}

func (d *decoder) tabAt(at place) bool {
	line := []rune(d.line(at.line))
	return at.column >= 1 && at.column <= len(line) && line[at.column-1] == '\t'
}

// line returns a line of the file, from 1, or "".
func (d *decoder) line(n int) string {
	if n < 1 || n > len(d.lines) {
		return ""
	}
	return d.lines[n-1]
}

// place is where something is: which field, and where in the file.
type place struct {
	field        string
	line, column int
}

func placeOf(field string, tk *token.Token) place {
	if tk == nil || tk.Position == nil {
		return place{field: field}
	}
	return place{field, tk.Position.Line, tk.Position.Column}
}

// firstToken returns the token that a node begins with.
func firstToken(n ast.Node) *token.Token {
	for {
		switch m := n.(type) {
		case *ast.MappingNode:
			if len(m.Values) == 0 || m.IsFlowStyle {
				return m.Start
			}
			n = m.Values[0]
		case *ast.MappingValueNode:
			n = m.Key
		default:
			return n.GetToken()
		}
	}
}

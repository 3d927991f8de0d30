package yamlread

import (
	"bytes"
	"cmp"
	"fmt"
	"iter"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/lexer"
	"github.com/goccy/go-yaml/parser"
	"github.com/goccy/go-yaml/token"
)

// MaxSize is the size in bytes of the largest document that is read.
const MaxSize = 1 << 20

// The other bounds of what is read. They are far beyond any honest document.
const (
	maxBlank    = 256       // blank lines in a row: in a block scalar, the lexer's work is their square
	maxAngles   = 1 << 10   // < in a row: the lexer's work is their square
	maxTokens   = 1 << 16   // the parser's work is the square of how many there are, in the worst case
	maxPaths    = 256 << 20 // bytes of the paths that the parser keeps, one per node
	maxDepth    = 64        // of each kind of nesting
	maxAliases  = 32        // that lead to each other
	maxVisited  = 1 << 18   // values, each counted as often as aliases repeat it
	maxText     = 4 << 20   // bytes of their text, likewise
	maxMistakes = 1000      // that are reported
)

// Parse parses data, calls read with the root of the document, and returns all
// mistakes as [Errors], in the order of the document, or nil. Errors name file.
// The root of an empty document has no fields. Parse never panics unless read
// does.
func Parse(file string, data []byte, read func(*Decoder, Value)) error {
	d := &Decoder{file: file}
	if body := d.parse(data); d.mistakes == 0 {
		read(d, d.root(body))
	}
	return d.found()
}

// ParseAll is [Parse] for a file that may have several documents. It calls read with
// each that is not empty. Anchors are those of their own document.
func ParseAll(file string, data []byte, read func(*Decoder, Value)) error {
	d := &Decoder{file: file}
	bodies := d.parseAll(data)
	if d.mistakes == 0 {
		for _, body := range bodies {
			read(d, d.root(body))
		}
	}
	return d.found()
}

// root returns the value of a document.
func (d *Decoder) root(body ast.Node) Value {
	d.collectAnchors(body)
	if body == nil {
		return Value{}
	}
	return d.resolve("", body)
}

// found returns the mistakes in the order of the file, or nil.
func (d *Decoder) found() error {
	if d.mistakes == 0 {
		return nil
	}
	slices.SortStableFunc(d.errs, func(a, b *Error) int {
		return cmp.Or(cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column))
	})
	if more := d.mistakes - len(d.errs); more > 0 {
		d.errs = append(d.errs, &Error{
			File: d.file, Code: CodeTooManyMistakes,
			Why: fmt.Sprintf("it has %d more mistakes", more), Fix: "fix these first",
		})
	}
	return d.errs
}

// Root returns the node of the one document in data, or nil if it is empty, for
// readers that need more of it than values: it has the bounds of [Parse], and
// what is there twice is there twice. The error is of type [Errors]. Of line
// breaks, \r\n and \r are as good as \n.
func Root(file string, data []byte) (ast.Node, error) {
	d := &Decoder{file: file}
	if body := d.parse(data); d.mistakes == 0 {
		return body, nil
	}
	return nil, d.errs
}

// parse returns the one document in data, or nil if it is empty.
func (d *Decoder) parse(data []byte) ast.Node {
	bodies := d.parseAll(data)
	if len(bodies) == 0 {
		return nil
	}
	if len(bodies) > 1 {
		d.Refuse(placeOf("", firstToken(bodies[1])), Error{Code: CodeDocuments, Why: "a second document begins here", Fix: "write one file for each"})
	}
	return bodies[0]
}

// parseAll returns the documents in data that are not empty.
func (d *Decoder) parseAll(data []byte) (bodies []ast.Node) {
	if len(data) > MaxSize {
		d.Refuse(Place{}, Error{Code: CodeTooLarge, Why: fmt.Sprintf("it is larger than %d KiB", MaxSize>>10), Fix: rightFile})
		return nil
	}
	data = bytes.TrimPrefix(data, []byte("\xef\xbb\xbf"))
	data = bytes.ReplaceAll(data, []byte("\r\n"), []byte("\n"))
	data = bytes.ReplaceAll(data, []byte("\r"), []byte("\n")) // a line break to YAML, too
	d.lines = strings.Split(string(data), "\n")
	if !utf8.Valid(data) || bytes.IndexByte(data, 0) >= 0 {
		d.Refuse(d.firstInvalid(), Error{Code: CodeEncoding, Why: "it is not text in UTF-8", Fix: "save the file as UTF-8"})
		return nil
	}
	if line := d.tooBlank(); line > 0 {
		d.Refuse(Place{Line: line, Column: 1}, Error{Code: CodeTooLarge, Why: fmt.Sprintf("it has more than %d blank lines in a row", maxBlank), Fix: "delete some"})
		return nil
	}
	if i := bytes.Index(data, bytes.Repeat([]byte("<"), maxAngles+1)); i >= 0 {
		d.Refuse(Place{Line: bytes.Count(data[:i], []byte("\n")) + 1, Column: 1}, Error{Code: CodeTooLarge, Why: fmt.Sprintf("it has more than %d < in a row", maxAngles), Fix: rightFile})
		return nil
	}
	// The parser drops what comes after a document without anything in it.
	for first, part := range documents(d.lines) {
		file, err := d.parseText(part, first)
		if err != nil {
			d.refuseSyntax(err)
			return nil
		}
		if file == nil {
			return nil // refused
		}
		for _, doc := range file.Docs {
			if _, directive := doc.Body.(*ast.DirectiveNode); doc.Body != nil && !directive {
				bodies = append(bodies, doc.Body)
			}
		}
	}
	return bodies
}

// documents yields the documents that lines make, each with how many lines come before
// it. Nothing else in YAML can look like the lines that separate them.
func documents(lines []string) iter.Seq2[int, string] {
	return func(yield func(int, string) bool) {
		first, begun, content := 0, false, false
		for i, line := range lines {
			begins, ends := isMarker(line, "---"), isMarker(line, "...")
			if ends || begins && (begun || content) {
				if content && !yield(first, strings.Join(lines[first:i], "\n")) {
					return
				}
				first, begun, content = i, false, false
			}
			switch {
			case ends:
				first = i + 1
			case begins:
				begun, content = true, hasContent(line[3:])
			case content || !strings.HasPrefix(line, "%"):
				content = content || hasContent(line)
			}
		}
		if content {
			yield(first, strings.Join(lines[first:], "\n"))
		}
	}
}

// isMarker reports whether a line separates documents.
func isMarker(line, marker string) bool {
	rest, ok := strings.CutPrefix(line, marker)
	return ok && (rest == "" || rest[0] == ' ' || rest[0] == '\t')
}

// hasContent reports whether a line has more than a comment.
func hasContent(line string) bool {
	text := strings.TrimLeft(line, " \t")
	return text != "" && text[0] != '#'
}

const rightFile = "check that this is the right file"

// parseText tokenizes and parses text, before which there are some lines. It returns nil without an error if it has
// refused the text as too large. The parser is not ours, so a panic in it is
// reported as a mistake in the document.
func (d *Decoder) parseText(text string, before int) (file *ast.File, err error) {
	defer func() {
		if v := recover(); v != nil {
			file, err = nil, fmt.Errorf("the YAML parser gave up: %v", v)
		}
	}()
	tokens := lexer.Tokenize(text)
	for _, tk := range tokens {
		tk.Position.Line += before
	}
	tokens = joinPlain(tokens)
	s := survey(tokens)
	switch {
	case s.tooDeep != nil:
		d.Refuse(placeOf("", s.tooDeep), Error{Code: CodeTooDeep, Why: fmt.Sprintf("it is nested deeper than %d levels", maxDepth), Fix: rightFile})
		return nil, nil
	case len(tokens) > maxTokens:
		d.Refuse(placeOf("", tokens[maxTokens]), Error{Code: CodeTooLarge, Why: fmt.Sprintf("it has more than %d values and signs", maxTokens), Fix: rightFile})
		return nil, nil
	case len(tokens)*s.longestPath() > maxPaths:
		d.Refuse(placeOf("", s.longest[0]), Error{Code: CodeTooLarge, Why: "its keys are too long for how many values it has", Fix: rightFile})
		return nil, nil
	}
	return parser.Parse(tokens, 0, parser.AllowDuplicateMapKey())
}

// firstInvalid returns the place of the first character that is not text.
func (d *Decoder) firstInvalid() Place {
	for i, line := range d.lines {
		column := 0
		for _, r := range line {
			if column++; r == utf8.RuneError || r == 0 {
				return Place{Line: i + 1, Column: column}
			}
		}
	}
	return Place{}
}

// tooBlank returns the number of the line with which there are too many blank
// ones in a row, or 0.
func (d *Decoder) tooBlank() int {
	blank := 0
	for i, line := range d.lines {
		if blank++; strings.Trim(line, " \t") != "" {
			blank = 0
		}
		if blank > maxBlank {
			return i + 1
		}
	}
	return 0
}

// line returns a line of the document, from 1, or "".
func (d *Decoder) line(n int) string {
	if n < 1 || n > len(d.lines) {
		return ""
	}
	return d.lines[n-1]
}

// Place is where something is in a document.
type Place struct {
	// Field is its path, such as policies.app.allow_origins[2].
	Field string

	// Line and Column count from 1, columns in characters. Both are 0 if it is
	// in no line.
	Line, Column int
}

func placeOf(field string, tk *token.Token) Place {
	if tk == nil || tk.Position == nil {
		return Place{Field: field}
	}
	return Place{field, tk.Position.Line, tk.Position.Column}
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

package generate

import (
	"fmt"
	"strings"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/stacks"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/terminal"
	"github.com/corsac-dev/corsac/cors"
)

// Reference is a policy with everything that a usual one has.
var Reference = cors.Policy{
	AllowOrigins:     []string{"https://app.example.com", "https://*.example.org", "http://localhost:3000"},
	AllowMethods:     []string{"PUT", "DELETE"},
	AllowHeaders:     []string{"Authorization", "Content-Type", "X-Request-Id"},
	ExposeHeaders:    []string{"X-Total-Count"},
	AllowCredentials: true,
	MaxAge:           cors.CacheFor(3600e9),
}

// List prints every stack: its name, layer and proof, what a server with its
// configuration holds, and what of a policy it cannot express.
func List(w *terminal.Writer) {
	rows := [][]string{{"NAME", "TITLE", "LAYER", "PROOF", "HOLDS", "CANNOT EXPRESS"}}
	for _, s := range Listing() {
		rows = append(rows, []string{s.Name, s.Title, s.Layer, s.Proof, words(s.Holds), words(s.Cannot)})
	}
	widths, all := make([]int, len(rows[0])), 0
	for i := range widths {
		for _, row := range rows {
			widths[i] = max(widths[i], len(row[i]))
		}
		all += widths[i] + len("  ")
	}
	if 0 < w.Width && w.Width < all {
		listNarrow(w)
		return
	}
	for _, row := range rows {
		line := ""
		for i, cell := range row {
			line += fmt.Sprintf("%-*s  ", widths[i], cell)
		}
		w.Line(strings.TrimRight(line, " "))
	}
}

// listNarrow prints every stack in lines that fit the terminal.
func listNarrow(w *terminal.Writer) {
	for _, s := range Listing() {
		w.Line(w.Strong(s.Name))
		w.Paragraph("  ", fmt.Sprintf("%s (%s, %s)", s.Title, s.Layer, s.Proof))
		w.Paragraph("  holds: ", strings.ReplaceAll(words(s.Holds), ",", ", "))
		w.Paragraph("  cannot express: ", strings.ReplaceAll(words(s.Cannot), ",", ", "))
	}
}

// Listed is a stack in the list of all.
type Listed struct {
	Name  string `json:"name"`
	Title string `json:"title"`
	Layer string `json:"layer"`
	Proof string `json:"proof"`
	// Holds is what a server with its configuration holds, and Cannot what of a
	// policy it cannot express.
	Holds  []string `json:"holds"`
	Cannot []string `json:"cannotExpress"`
}

// Listing returns every stack.
func Listing() (list []Listed) {
	for _, s := range stacks.All() {
		_, cannot := s.Expresses()
		list = append(list, Listed{
			Name: s.Name, Title: s.Title, Layer: s.Layer.String(), Proof: s.Proof.String(),
			Holds: append([]string{}, s.Holds.Names()...), Cannot: append([]string{}, cannot...),
		})
	}
	return list
}

// words returns a list as one cell.
func words(list []string) string {
	if len(list) == 0 {
		return "-"
	}
	return strings.Join(list, ",")
}

// Explain prints why the configuration of a stack has its shape, what it holds,
// and how it falls short of a policy.
func Explain(w *terminal.Writer, s *stacks.Stack, p *cors.Policy) {
	head := fmt.Sprintf("%s (%s), %s", s.Title, s.Layer, proofs[s.Proof])
	if s.Versions != "" {
		head += ": " + s.Versions
	}
	w.Line(w.Strong(head))
	w.Line("")
	w.Paragraph("", s.Why)
	if forms := s.FormNames(); len(forms) > 0 {
		w.Line("")
		w.Paragraph("", "Other forms, with --as: "+strings.Join(forms, ", ")+".")
	}
	for _, part := range []struct {
		title string
		held  bool
	}{{"It holds:", true}, {"Not held, or not known:", false}} {
		var lines []string
		for _, each := range s.Holds.Each() {
			if each.Held == part.held {
				lines = append(lines, each.Text)
			}
		}
		section(w, part.title, lines)
	}
	snippet := s.Snippet(p)
	var lost, wider []string
	for _, d := range snippet.Lost {
		lost = append(lost, d.Text+" Instead: "+d.Instead)
	}
	for _, d := range snippet.Wider {
		wider = append(wider, d.Text+" Instead: "+d.Instead)
	}
	section(w, "It allows less than the policy:", lost)
	section(w, "It allows more than the policy:", wider)
	section(w, "To know:", snippet.Gaps)
}

// proofs say how it is known that the configuration works.
var proofs = map[stacks.Proof]string{
	stacks.Live: "tested in the real server", stacks.Schema: "read by its own parser", stacks.Golden: "compared with golden files, never run",
}

func section(w *terminal.Writer, title string, lines []string) {
	if len(lines) == 0 {
		return
	}
	w.Line("")
	w.Line(w.Strong(title))
	for _, line := range lines {
		w.Paragraph("- ", line)
	}
}

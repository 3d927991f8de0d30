package inspector

import (
	"errors"
	"net/http"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/generate"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/stacks"
)

// exported is the configuration of a stack.
type exported struct {
	File    string   `json:"file"`
	Place   string   `json:"place"`
	Install string   `json:"install"`
	Text    string   `json:"text"`
	Notes   []string `json:"notes"`
	// Refused says why the stack cannot express the policy. Narrower says that it can
	// if it may allow less.
	Refused  []string  `json:"refused"`
	Narrower bool      `json:"narrower"`
	Mistakes []mistake `json:"mistakes"` // in the file
}

// serveExport responds with the configuration that carries out a policy.
func (in *Inspector) serveExport(w http.ResponseWriter, r *http.Request) {
	var body struct {
		YAML     string `json:"yaml"`
		Policy   string `json:"policy"` // its name; "" if there is only one
		Stack    string `json:"stack"`
		Form     string `json:"form"`
		Narrower bool   `json:"narrower"`
	}
	if !read(w, r, &body) {
		return
	}
	stack, err := generate.Lookup(body.Stack)
	if err == nil && stack.Form(body.Form) == nil {
		err = errors.New("this stack does not have the form " + body.Form)
	}
	if err != nil {
		refuse(w, http.StatusUnprocessableEntity, "not-a-stack", err.Error())
		return
	}
	c, mistakes := parse(body.YAML)
	answer := exported{Notes: []string{}, Refused: []string{}, Mistakes: mistakes}
	if c != nil {
		policy, name, err := c.Policy(body.Policy)
		if err != nil {
			refuse(w, http.StatusUnprocessableEntity, "not-a-policy", err.Error())
			return
		}
		answer.generate(generate.Request{Stack: stack, Form: body.Form, Policy: &policy, PolicyName: name, AllowNarrower: body.Narrower})
	}
	respond(w, http.StatusOK, answer)
}

func (e *exported) generate(r generate.Request) {
	out, err := generate.Make(r)
	var no *generate.Inexpressible
	switch {
	case errors.As(err, &no):
		for _, d := range [][]stacks.Difference{no.Lost, no.Wider} {
			for i := range d {
				e.Refused = append(e.Refused, d[i].Text+" "+d[i].Instead)
			}
		}
		e.Narrower = len(no.Wider) == 0
	case err != nil:
		e.Refused = []string{err.Error()}
	default:
		e.File, e.Place, e.Install, e.Text = out.File, out.Place, out.Install, out.Files[0].Text
		e.Notes = append(e.Notes, out.Notes...)
	}
}

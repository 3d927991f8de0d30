package stacks

import "github.com/corsac-dev/corsac/cmd/corsac/internal/source"

func changeNginx(t *source.Tree, sites []*Site, w *Want) (*Change, error) { return nil, nil }

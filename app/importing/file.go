package importing

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/google/uuid"

	"confab/app/chat"
	"confab/app/text"
)

// keep stores the content of a file, unless the message with this id is here already. It
// returns a nil attachment if the content is missing or too large.
func (im *Importer) keep(ctx context.Context, id uuid.UUID, f File) (name string, _ *chat.Attachment, _ error) {
	name, err := text.CleanFileName(f.Name)
	if err != nil {
		name = "file"
	}
	if f.Open == nil {
		return name, nil, nil
	}
	in, err := f.Open()
	if err != nil { // the fault is in the export
		return name, nil, nil
	}
	defer in.Close()
	if im.rehearse != nil {
		n, err := io.Copy(io.Discard, io.LimitReader(in, im.options.MaxFile+1))
		if err != nil || n > im.options.MaxFile {
			return name, nil, nil
		}
		return name, &chat.Attachment{Name: name, Size: n}, nil
	}
	if have, err := im.backing.Store.MessageByID(ctx, id); err == nil && have.File != nil {
		return name, have.File, nil
	}
	blob, err := im.options.Blobs.Create()
	if err != nil {
		return name, nil, fmt.Errorf("keeping a file: %w", err)
	}
	defer func() { _ = blob.Discard() }()
	read := &reading{r: io.LimitReader(in, im.options.MaxFile+1)}
	n, err := io.Copy(io.NewOffsetWriter(blob, 0), read)
	switch {
	case read.err != nil || err == nil && n > im.options.MaxFile:
		return name, nil, nil
	case err != nil:
		return name, nil, fmt.Errorf("keeping a file: %w", err)
	}
	sum, size, err := blob.Seal()
	if err == nil && f.SHA256 != "" && f.SHA256 != sum.String() {
		return name, nil, nil
	}
	if err == nil {
		err = im.options.Blobs.Keep(blob, sum)
	}
	if err != nil {
		return name, nil, fmt.Errorf("keeping a file: %w", err)
	}
	return name, &chat.Attachment{Name: name, Size: size, Sum: sum}, nil
}

// reading remembers the error of a reader, so that a damaged file in an export is told from
// a full disk.
type reading struct {
	r   io.Reader
	err error
}

func (r *reading) Read(p []byte) (int, error) {
	n, err := r.r.Read(p)
	if err != nil && !errors.Is(err, io.EOF) {
		r.err = err
	}
	return n, err
}

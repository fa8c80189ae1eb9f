package chat

import (
	"context"
	"fmt"
)

// What the database keeps about the data folder that it belongs to.
const (
	// SettingServerID is the id that the parts of a data folder have in common.
	SettingServerID = "server-id"
	// SettingHostKey is the fingerprint of the host key that clients have been
	// shown.
	SettingHostKey = "host-key"
)

// ServerID returns the id of this server, which it gets the first time.
func (s *Service) ServerID(ctx context.Context) (id string, err error) {
	if id, err = s.store.Setting(ctx, SettingServerID); err != nil || id != "" {
		return id, err
	}
	err = s.writer.do(ctx, func(ctx context.Context, tx Tx) ([]Change, error) {
		// Another process may have been first.
		if id, err = tx.Setting(ctx, SettingServerID); err != nil || id != "" {
			return nil, err
		}
		uid, err := s.newID()
		if err != nil {
			return nil, fmt.Errorf("making an id: %w", err)
		}
		id = uid.String()
		return nil, tx.SetSetting(ctx, SettingServerID, id)
	})
	return id, err
}

// SetHostKey keeps the fingerprint of the host key that clients are shown from
// now on; "" forgets the one that there was.
func (s *Service) SetHostKey(ctx context.Context, fingerprint string) error {
	if have, err := s.store.Setting(ctx, SettingHostKey); err != nil || have == fingerprint {
		return err
	}
	return s.writer.do(ctx, func(ctx context.Context, tx Tx) ([]Change, error) {
		return nil, tx.SetSetting(ctx, SettingHostKey, fingerprint)
	})
}

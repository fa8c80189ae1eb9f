package command

import (
	"confab/app/chat"
	"confab/app/text"
	"confab/keys"
)

type keysCmd struct {
	List   keysListCmd   `cmd:"" default:"1" help:"List the keys that open your account."`
	Add    keysAddCmd    `cmd:"" help:"Get a code that adds a key: ssh -o IdentitiesOnly=yes -i KEY CODE@HOST, once."`
	Remove keysRemoveCmd `cmd:"" help:"Take a key away; what it has opened ends at once."`
}

type keysListCmd struct{}

func (*keysListCmd) Run(c *call) error {
	list, err := c.Chat.Account().Keys(c.ctx)
	if err != nil {
		return err
	}
	return c.writeKeys(list)
}

func (c *call) writeKeys(list []chat.AuthorizedKey) error {
	for _, k := range list {
		r := &keyRecord{newHead("key"), k.Fingerprint, k.Type, text.CleanLine(k.Comment, 100), stamp(k.AddedAt), stamp(k.LastUsedAt), k.Fingerprint == c.Chat.Account().Key()}
		if err := c.out.write(r); err != nil {
			return err
		}
	}
	return nil
}

// keyRecord is a key that opens one's account.
type keyRecord struct {
	head
	Fingerprint string `json:"fingerprint"`
	KeyType     string `json:"key_type"`
	Comment     string `json:"comment"`
	AddedAt     string `json:"added_at"`
	LastUsedAt  string `json:"last_used_at,omitempty"` // "" if it has not been
	Current     bool   `json:"current"`                // it has opened this connection
}

func (r *keyRecord) columns(*output) []string {
	current := "other"
	if r.Current {
		current = "current"
	}
	return []string{r.Fingerprint, r.KeyType, r.AddedAt, current, r.Comment, r.LastUsedAt}
}

type keysAddCmd struct {
	Key []string `arg:"" optional:"" help:"A public key proves nothing: leave it out, and connect once with the new key and the code."`
}

func (k *keysAddCmd) Run(c *call) error {
	if len(k.Key) > 0 {
		return chat.KeyProof()
	}
	code, expires, err := c.Chat.Account().KeyCode(c.ctx)
	if err != nil {
		return err
	}
	return c.out.write(&keyCodeRecord{newHead("key_code"), code, stamp(expires)})
}

// keyCodeRecord is a code with which one key more opens one's account.
type keyCodeRecord struct {
	head
	Code      string `json:"code"`
	ExpiresAt string `json:"expires_at"`
}

func (r *keyCodeRecord) columns(*output) []string { return []string{r.Code, r.ExpiresAt} }

type keysRemoveCmd struct {
	Fingerprint string `arg:"" help:"SHA256:…, as keys list shows it."`
}

func (k *keysRemoveCmd) Run(c *call) error {
	fingerprint, err := keys.ParseFingerprint(k.Fingerprint)
	if err != nil {
		return usage("%s", err)
	}
	key, err := c.Chat.Account().RemoveKey(c.ctx, fingerprint)
	if err != nil {
		return err
	}
	return c.writeKeys([]chat.AuthorizedKey{key})
}

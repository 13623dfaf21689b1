package servertest

import (
	"context"
	"database/sql"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/go-sql-driver/mysql"
)

// The user that tests are: may do anything, and has a password to look for where no secret may appear.
const mariaUser, mariaPassword = "owner", "mariadb-test-secret"

var sharedMariaDB = shared[string]{start: startMariaDB}

// MariaDB returns the URL, mysql://user:password@host:port/database, of a fresh database on this test binary's
// MariaDB. The database is dropped at the end of the test.
func MariaDB(t testing.TB) (url string) {
	t.Helper()
	admin := sharedMariaDB.get(t, "MariaDB")
	name := "test_" + uniqueName()
	execMariaDB(t, admin, "CREATE DATABASE "+name+" CHARACTER SET utf8mb4")
	t.Cleanup(func() { execMariaDB(t, admin, "DROP DATABASE "+name) })
	return withDatabase(admin, name)
}

// StartMariaDB starts a MariaDB for this test alone and returns the URL of its database "mysql".
func StartMariaDB(t testing.TB) (url string, server *Server) {
	t.Helper()
	return own(t, "MariaDB", startMariaDB)
}

func startMariaDB() (string, *Server, error) {
	at, err := newSite("mariadb", "mariadbd", "/usr/sbin")
	if err != nil {
		return "", nil, err
	}
	data, err := initMariaDB(at.dir)
	if err != nil {
		return "", nil, err
	}
	address := fmt.Sprintf("mysql://%s:%s@%s/mysql", mariaUser, mariaPassword, at.addr)
	server := &Server{
		name: "mariadb",
		dir:  at.dir,
		command: func() *exec.Cmd {
			return exec.Command(at.program, append([]string{"--no-defaults", "--datadir=" + data,
				"--bind-address=127.0.0.1", "--port=" + strconv.Itoa(at.port), "--socket=socket",
				"--pid-file=" + filepath.Join(at.dir, "pid"), "--init-file=" + filepath.Join(at.dir, "init.sql"),
				"--skip-name-resolve", "--innodb-flush-log-at-trx-commit=2"}, // safe when killed, not in a power cut
				asRoot()...)...)
		},
		ready: func(ctx context.Context) error {
			db, err := openMariaDB(address)
			if err != nil {
				return err
			}
			defer db.Close()
			return db.PingContext(ctx)
		},
	}
	return address, server, server.start(context.Background())
}

// initMariaDB makes the data folder and the statements that each start runs.
func initMariaDB(dir string) (data string, err error) {
	program, err := binary("mariadb-install-db")
	if err != nil {
		return "", err
	}
	statements := fmt.Sprintf("CREATE USER IF NOT EXISTS %s@'%%' IDENTIFIED BY '%s';\nGRANT ALL ON *.* TO %[1]s@'%%' WITH GRANT OPTION;\n",
		mariaUser, mariaPassword)
	if err := os.WriteFile(filepath.Join(dir, "init.sql"), []byte(statements), 0o600); err != nil {
		return "", err
	}
	data = filepath.Join(dir, "data")
	cmd := exec.Command(program, append([]string{"--no-defaults", "--datadir=" + data, "--skip-test-db",
		"--auth-root-authentication-method=normal"}, asRoot()...)...)
	if out, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("mariadb-install-db: %w\n%s", err, out)
	}
	return data, nil
}

// asRoot lets MariaDB run as root, which it does only when told.
func asRoot() []string {
	if os.Geteuid() == 0 {
		return []string{"--user=root"}
	}
	return nil
}

func openMariaDB(address string) (*sql.DB, error) {
	parsed, err := url.Parse(address)
	if err != nil {
		return nil, err
	}
	config := mysql.NewConfig()
	config.Net, config.Addr = "tcp", parsed.Host
	config.User = parsed.User.Username()
	config.Passwd, _ = parsed.User.Password()
	config.DBName = strings.TrimPrefix(parsed.Path, "/")
	config.Logger = &mysql.NopLogger{} // a server that is starting is not news
	connector, err := mysql.NewConnector(config)
	if err != nil {
		return nil, err
	}
	return sql.OpenDB(connector), nil
}

func execMariaDB(t testing.TB, address, statement string) {
	t.Helper()
	db, err := openMariaDB(address)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if _, err := db.Exec(statement); err != nil {
		t.Fatalf("%s: %v", statement, err)
	}
}

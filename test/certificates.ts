/** Certificates for tests, made by the openssl command line: a CA, and what it signs. */
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

export interface Identity {
  /** PEM. */
  key: string;
  cert: string;
}

export interface Authority {
  /** The CA's own certificate, PEM, and the file that holds it. */
  cert: string;
  file: string;
  /** A key and a certificate for these names, such as "IP:127.0.0.1,DNS:localhost". */
  issue(names: string, validity?: readonly string[]): Identity;
  /** The same, valid from this day on, as YYMMDDHHMMSSZ. */
  issueFrom(names: string, from: string): Identity;
  /** The same, signed by its own key. */
  self(names: string): Identity;
  remove(): void;
}

const ecKey = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"];

export function makeAuthority(name: string): Authority {
  const folder = mkdtempSync(join(tmpdir(), "ce-ca-"));
  let issued = 0;
  const run = (...args: string[]) => execFileSync("openssl", args, { cwd: folder, stdio: "ignore" });
  const read = (file: string) => readFileSync(join(folder, file), "utf8");
  const identity = (file: string) => ({ key: read(`${file}.key`), cert: read(`${file}.pem`) });
  const self = (file: string, more: string[] = []) => {
    const files = ["-keyout", `${file}.key`, "-out", `${file}.pem`];
    run("req", "-x509", ...ecKey, ...files, "-days", "30", "-subj", `/CN=${file}`, ...more);
  };
  self(name);
  return {
    cert: read(`${name}.pem`),
    file: join(folder, `${name}.pem`),
    issue(names, validity = ["-days", "30"]) {
      const file = `issued-${++issued}`;
      writeFileSync(join(folder, `${file}.ext`), `subjectAltName=${names}\n`);
      const subject = ["-subj", "/CN=127.0.0.1"];
      run("req", "-new", ...ecKey, "-keyout", `${file}.key`, "-out", `${file}.csr`, ...subject);
      const signing = ["-CA", `${name}.pem`, "-CAkey", `${name}.key`, "-CAcreateserial"];
      const extensions = ["-extfile", `${file}.ext`];
      run(
        "x509",
        "-req",
        "-in",
        `${file}.csr`,
        ...signing,
        ...extensions,
        ...validity,
        "-out",
        `${file}.pem`,
      );
      return identity(file);
    },
    issueFrom(names, from) {
      const { key } = this.issue(names);
      const file = `issued-${issued}`;
      const settings =
        "database = index\nnew_certs_dir = .\nserial = number\ndefault_md = sha256\npolicy = any";
      writeFileSync(
        join(folder, "ca.cnf"),
        `[ca]\ndefault_ca = own\n[own]\n${settings}\n[any]\ncommonName = supplied\n`,
      );
      writeFileSync(join(folder, "index"), "");
      writeFileSync(join(folder, "number"), "0A\n");
      const signer = ["-cert", `${name}.pem`, "-keyfile", `${name}.key`];
      const files = ["-in", `${file}.csr`, "-extfile", `${file}.ext`, "-out", `${file}.pem`];
      run(
        "ca",
        "-batch",
        "-notext",
        "-config",
        "ca.cnf",
        ...signer,
        ...files,
        "-startdate",
        from,
        "-days",
        "9000",
      );
      return { key, cert: read(`${file}.pem`) };
    },
    self(names) {
      self("self-signed", ["-addext", `subjectAltName=${names}`]);
      return identity("self-signed");
    },
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}

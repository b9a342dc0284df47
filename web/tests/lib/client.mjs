/** The employee's client as its user meets it: by headings, labels and words. */

export class Client {
  /** Opens it in a profile of the browser. */
  static async open(profile, address) {
    const client = new Client(await profile.page());
    await client.page.goto(address);
    return client;
  }

  constructor(page) {
    this.page = page;
  }

  /** Waits for the screen with this heading. */
  async sees(heading) {
    await this.page.getByRole("heading", { name: heading, level: 1 }).waitFor();
  }

  async signIn({ name, password }) {
    await this.sees("Sign in");
    await this.page.getByLabel("User name").fill(name);
    await this.page.getByRole("textbox", { name: "Password" }).fill(password);
    await this.button("Sign in").click();
  }

  /** The recovery key that is shown. */
  async recoveryKey() {
    await this.sees("Keep your recovery key");
    const groups = await this.page.getByRole("list", { name: /^Recovery key/ }).getByRole("listitem").allInnerTexts();
    return groups.map((group) => group.trim()).join(" ");
  }

  async keepKey() {
    await this.page.getByLabel("I have kept my recovery key").check();
    await this.button("Continue").click();
    await this.isReady();
  }

  async recover(key) {
    await this.page.getByLabel("Recovery key").fill(key);
    await this.button("Unlock older messages").click();
  }

  /** The list is there. */
  async isReady() {
    await this.list.waitFor();
  }

  /** The line to the homeserver is up. */
  async isOnline() {
    await this.isReady();
    await this.banner.waitFor({ state: "detached" });
  }

  /** What is said of the line to the homeserver, if anything. */
  get banner() {
    return this.page.getByRole("status").filter({ hasText: "kept here and goes out by itself" }).locator("p");
  }

  get list() {
    return this.page.getByRole("navigation", { name: "Conversations" });
  }

  /** A conversation on the list, by whatever it shows. */
  row(words) {
    return this.list.getByRole("listitem").filter({ hasText: words }).getByRole("button");
  }

  /** Opens a conversation from the list. */
  async choose(words) {
    await this.row(words).first().click();
    await this.room.waitFor();
  }

  get room() {
    return this.page.getByRole("region", { name: /^Conversation with / });
  }

  get log() {
    return this.page.getByRole("log", { name: "Messages" });
  }

  /** A text in the open conversation, with what is said of it. */
  said(words) {
    return this.log.locator(".said").filter({ has: this.page.getByText(words, { exact: true }) });
  }

  /** Waits until the text can be read. */
  async reads(words) {
    await this.said(words).first().waitFor();
  }

  get composer() {
    return this.room.getByRole("textbox");
  }

  /** Writes and sends as people do. */
  async write(words) {
    await this.composer.fill(words);
    await this.composer.press("Enter");
    await this.reads(words);
  }

  /** Waits until this stands under the text, or at its mark. */
  async stands(words, state) {
    const entry = this.said(words);
    await entry.getByText(state).or(entry.getByRole("img", { name: state })).first().waitFor();
  }

  async menu(words) {
    await this.list.getByLabel("Menu").click();
    await this.page.getByRole("button", { name: words }).click();
  }

  async signOut() {
    await this.menu("Sign out…");
    await this.page.getByRole("dialog").getByRole("button", { name: "Sign out and delete" }).click();
    await this.sees("Sign in");
  }

  /** Fills in the form for a new conversation, until the number is found good, and opens it. */
  async begin(number, name) {
    await this.button("New text").first().click();
    await this.newNumber.fill(number);
    await this.numberIsGood();
    await this.dialog("New text").getByLabel("Client’s name").fill(name);
    await this.dialog("New text").getByRole("button", { name: "Open conversation" }).click();
    await this.page.getByRole("region", { name: `Conversation with ${name}` }).waitFor();
  }

  get newNumber() {
    return this.dialog("New text").getByLabel("Client’s number");
  }

  async numberIsGood() {
    await this.dialog("New text").getByText("You may text this number.").waitFor();
  }

  button(name) {
    return this.page.getByRole("button", { name, exact: true });
  }

  dialog(name) {
    return this.page.getByRole("dialog", { name });
  }
}

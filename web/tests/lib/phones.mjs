/** The phone page, as who plays a client meets it. */

export class Phones {
  static async open(profile, address) {
    const phones = new Phones(await profile.page());
    await phones.page.goto(address);
    return phones;
  }

  constructor(page) {
    this.page = page;
  }

  phone(owner) {
    return this.page.getByRole("region", { name: owner, exact: true });
  }

  /** Writes to a number of the firm, from the phone of `owner`. */
  async write(owner, to, words) {
    const field = await this.conversation(owner, to);
    await field.fill(words);
    await field.press("Enter");
    await this.shows(owner, words);
  }

  async shows(owner, words) {
    await this.phone(owner).getByRole("log").getByText(words).first().waitFor();
  }

  /** The field to write in; where the phone shows whom it can write to, one is chosen first. */
  async conversation(owner, to) {
    const phone = this.phone(owner);
    const field = phone.getByRole("textbox", { name: "Text message" });
    const contact = phone.getByRole("button").filter({ hasText: to.label });
    await field.or(contact).first().waitFor();
    if (!(await field.isVisible())) await contact.first().click();
    await field.waitFor();
    return field;
  }
}

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

  /** Writes to an employee of the firm, from the phone of `owner`. */
  async write(owner, employee, words) {
    const field = await this.conversation(owner, employee);
    await field.fill(words);
    await field.press("Enter");
    await this.shows(owner, words);
  }

  async shows(owner, words) {
    await this.phone(owner).getByRole("log").getByText(words).first().waitFor();
  }

  /** The field to write in; where the phone shows whom it can write to, one is chosen first. */
  async conversation(owner, employee) {
    const phone = this.phone(owner);
    const field = phone.getByRole("textbox", { name: "Text message" });
    const contact = phone.getByRole("listitem").getByRole("button").filter({ hasText: new RegExp(employee.name, "i") });
    await field.or(contact).first().waitFor();
    if (!(await field.isVisible())) await contact.first().click();
    await field.waitFor();
    return field;
  }
}

"""What seeded people are called and say.

No sentence holds a quote, a backslash or a line break: it is put into JSON as it stands.
"""

from __future__ import annotations

from typing import Final

BRAND_NAMES: Final = (
    "Asha", "Kabir", "Nandini", "Farhan", "Lakshmi", "Vikram", "Ishita", "Gurpreet", "Sana", "Tenzin",
    "Padma", "Arjun", "Zoya", "Mohan", "Devika", "Imran", "Kavya", "Suresh", "Ritu", "Joseph",
)  # fmt: skip
INFLUENCER_NAMES: Final = (
    "Ravi", "Meera", "Anjali", "Rohan", "Priya", "Dev", "Sneha", "Aditya", "Nisha", "Karthik",
    "Pooja", "Yash", "Tara", "Manish", "Aisha", "Rahul", "Divya", "Neel", "Simran", "Varun",
    "Gita", "Harsh", "Leela", "Omkar", "Reema", "Sahil", "Uma", "Vivek", "Jaya", "Kiran",
)  # fmt: skip

LANGUAGES: Final = ("English", "Hindi", "Tamil", "Telugu", "Bengali", "Marathi", "Kannada", "Malayalam")
CATEGORIES: Final = (
    "fashion", "food", "travel", "fitness", "beauty", "technology", "gaming", "education", "home", "marketing",
)  # fmt: skip
PLATFORMS: Final = ("Instagram", "YouTube", "TikTok", "Facebook", "X", "LinkedIn")
CONTENT_TYPES: Final = ("posts", "reels", "stories", "videos", "shorts", "reviews")

GOODS: Final[dict[str, tuple[str, ...]]] = {
    "fashion": ("linen shirts", "silk sarees", "rain jackets", "running shoes", "silver jewellery"),
    "food": ("filter coffee", "millet snacks", "mango pickle", "cold pressed oil", "masala chai"),
    "travel": ("hill stays", "houseboats", "night trains", "backpacks", "city walks"),
    "fitness": ("yoga mats", "protein bars", "cycling tours", "home gyms", "marathon kits"),
    "beauty": ("rose water", "hair oil", "sunscreen", "clay masks", "lip balm"),
    "technology": ("earbuds", "smart watches", "power banks", "study tablets", "home cameras"),
    "gaming": ("game pads", "puzzle games", "gaming chairs", "cricket games", "quiz nights"),
    "education": ("coding classes", "spoken English", "music lessons", "exam papers", "chess lessons"),
    "home": ("brass lamps", "cotton bedding", "terracotta pots", "air purifiers", "bamboo shelves"),
    "marketing": ("a shop opening", "a festival sale", "a new website", "a podcast", "a loyalty card"),
}
"""What is advertised, by category."""

TITLES: Final = (
    "{content} about {goods}", "Launch of our {goods}", "{season}: {goods}", "Show us your {goods}",
    "{goods} in {language}", "Quick {content} for {goods}", "Ambassador for {goods}", "A week with {goods}",
)  # fmt: skip
SEASONS: Final = ("Summer", "Monsoon", "Diwali", "Winter", "Holi", "Onam", "Pongal", "Wedding season")
DESCRIPTIONS: Final = (
    "We would like to see {goods} in your everyday life, told in {language}.",
    "Create {content} about {goods}. Honest words only, please.",
    "Next month is all about {goods} for us. Tell the story behind it on {platform}.",
    "Promote {goods} to people who follow you for {category}.",
)
REQUIREMENTS: Final = (
    "15-30 second videos", "Two posts and a story", "One reel, one story", "At least one minute, with subtitles",
    "Three posts within two weeks",
)  # fmt: skip
BIOS: Final = (
    "Everyday {category}, in {language}", "Short videos about {category}", "I try {category} so that you need not",
    "{category} and the odd dance", "Slow stories about {category}",
)  # fmt: skip
BUSINESSES: Final = (
    "Handmade in Jaipur", "Roasted in Coorg", "A family business from Pune", "Small batches from Kochi",
    "Since 1984 in Kolkata", "Made by forty people near Shillong",
)  # fmt: skip

APPLICATION: Final = (
    "I am interested in this campaign!", "This fits what my followers ask me about.",
    "I have used your products for a year and would love to show them.", "I can start this week.",
    "My last three videos of this kind did very well.", "I would tell this as a small story in two parts.",
)  # fmt: skip
BRAND_TERMS: Final = (
    "Thank you for applying.", "Could you show us something you made before?", "When could you begin?",
    "We like your style a lot.", "How many people usually watch your stories?",
    "Our budget for this one is a little tight.", "Could you do it in two languages?",
    "We would want to see a draft first.", "Please keep the logo in the first frame.",
    "Would you film indoors or outdoors?", "Is the weekend good for you?", "Let us agree on the amount first.",
    "Our team will look at it tomorrow.", "We can send you a parcel with everything.",
)  # fmt: skip
INFLUENCER_TERMS: Final = (
    "Happy to hear from you!", "I could begin on Monday.", "My followers ask for this all the time.",
    "Two drafts are included.", "About nine thousand on a normal day.", "I would need the parcel by Friday.",
    "The amount covers editing and music.", "I can do Hindi and English.", "Shall I send a short outline?",
    "I would rather film outdoors, the light is better.", "That works for me.", "Let me check my calendar.",
    "I have attached the link to my last work in my application.", "Raw files cost a little extra.",
)  # fmt: skip
BRAND_WORK: Final = (
    "The parcel is on its way.", "How is it going?", "Looking forward to the first cut.",
    "The colours look great.", "Could the music be a little softer?", "Please mention the discount code.",
    "Our team loved the opening.", "The second part is even better.", "Can we use it on our website too?",
    "No hurry, take the time you need.", "We will review it today.",
)  # fmt: skip
INFLUENCER_WORK: Final = (
    "The parcel has arrived, thank you.", "I am filming this weekend.", "The first cut is ready.",
    "I have changed the ending as you asked.", "The light was perfect today.",
    "Subtitles are in both languages now.", "I will upload it tonight.", "Here is how the first scene looks.",
    "It rained, so I film tomorrow.", "Almost done, only the sound is missing.", "The link is in my submission.",
)  # fmt: skip
REASONING: Final = (
    "Based on market rates and the scope", "Two takes and the editing", "It is one video less than last time",
    "Our usual rate for this kind of work", "The music has to be licensed",
)  # fmt: skip
REASON: Final = (
    "The timing does not fit any more", "We have found another way", "It is more work than it seemed",
    "We could not agree on the amount", "Our plans have changed",
)  # fmt: skip
WORK: Final = (
    "Two videos of 20 seconds", "One reel and three stories", "A post with five pictures",
    "One minute with subtitles in two languages", "The review, uncut and cut",
)  # fmt: skip
FEEDBACK: Final = (
    "The logo is missing in the first frame", "Please cut the last ten seconds", "The sound is too low",
    "The discount code is misspelt", "Please use the second colour",
)  # fmt: skip
TROUBLE: Final = (
    "The work is not what was agreed", "Nobody has answered for days", "The video was taken down again",
    "The wrong product is shown", "More changes are asked for than were agreed",
)  # fmt: skip

PHRASES: Final[dict[str, tuple[str, ...]]] = {
    "application": APPLICATION,
    "brandterms": BRAND_TERMS,
    "influencerterms": INFLUENCER_TERMS,
    "brandwork": BRAND_WORK,
    "influencerwork": INFLUENCER_WORK,
    "reasoning": REASONING,
    "reason": REASON,
    "work": WORK,
    "feedback": FEEDBACK,
    "trouble": TROUBLE,
}
"""What may be said, by what it is about: each copy of a plot picks its own."""

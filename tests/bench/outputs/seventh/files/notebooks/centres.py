#!/usr/bin/env python
# coding: utf-8

# # Haemophilia registry

# In[1]:


import pandas as pd
p = pd.read_csv("patients.csv", keep_default_na=False, na_values=[""])


# In[2]:


p = p[p["centre"] != "H"]
len(p)


# In[3]:


pd.crosstab(p["centre"], p["severity"], margins=True)


# In[4]:


p["hb"].agg(["count", "mean", "std"]).round(1)

